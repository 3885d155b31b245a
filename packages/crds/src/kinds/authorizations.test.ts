/** AuthorizationPolicy, the two authentications and ServerAuthorization. */
import { expect, test } from 'vitest';
import { objectOf, problemsOf } from '../testing/index.ts';
import { policyObject, serverParent } from '../testing/manifest.ts';

type Spec = Readonly<Record<string, unknown>>;

const policy = (spec: Spec) => policyObject('AuthorizationPolicy', 'v1alpha1', spec);
const meshTls = (spec: Spec) => policyObject('MeshTLSAuthentication', 'v1alpha1', spec);
const networks = (...list: readonly Spec[]) => policyObject('NetworkAuthentication', 'v1alpha1', { networks: list });
const serverAuthorization = (spec: Spec, version = 'v1beta1') => policyObject('ServerAuthorization', version, spec);

const authn = (kind: string, name: string, more: Spec = {}) => ({ group: 'policy.linkerd.io', kind, name, ...more });

test.each([
  [serverParent, { kind: 'Server', name: 'web' }],
  [
    { ...serverParent, group: 'Policy.Linkerd.io'.toLowerCase(), kind: 'server' },
    { kind: 'Server', name: 'web' },
  ],
  [authn('HTTPRoute', 'r'), { kind: 'HTTPRoute', group: 'policy.linkerd.io', name: 'r' }],
  [
    { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'r' },
    { kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', name: 'r' },
  ],
  [
    { group: 'gateway.networking.k8s.io', kind: 'GRPCRoute', name: 'r' },
    { kind: 'GRPCRoute', name: 'r' },
  ],
  [{ kind: 'Namespace', name: 'shop' }, { kind: 'Namespace' }],
  [{ group: 'core', kind: 'Namespace', name: 'shop' }, { kind: 'Namespace' }],
])('target %j', (targetRef, target) => {
  expect(objectOf(policy({ targetRef, requiredAuthenticationRefs: [] }))).toMatchObject({
    spec: { target, requiredAuthentications: [] },
  });
});

test('references get the namespace of the policy where they name none', () => {
  const requiredAuthenticationRefs = [
    authn('NetworkAuthentication', 'office', { namespace: 'net' }),
    { kind: 'ServiceAccount', name: 'books' },
  ];
  expect(objectOf(policy({ targetRef: serverParent, requiredAuthenticationRefs }))).toMatchObject({
    spec: {
      requiredAuthentications: [
        { kind: 'NetworkAuthentication', namespace: 'net', name: 'office' },
        { kind: 'ServiceAccount', namespace: 'shop', name: 'books' },
      ],
    },
  });
});

const badTarget =
  'cannot be a target; use kind Server or HTTPRoute with group policy.linkerd.io, HTTPRoute or GRPCRoute with group ' +
  'gateway.networking.k8s.io, or Namespace without a group';
const badAuthentication =
  'is not an authentication; use kind MeshTLSAuthentication or NetworkAuthentication with group policy.linkerd.io, ' +
  'or ServiceAccount without a group';

test.each([
  [
    { targetRef: serverParent },
    ['spec.requiredAuthenticationRefs: is required: what a client must prove, all of it; write [] to let everybody in'],
  ],
  [
    { targetRef: serverParent, requiredAuthenticationRefs: null },
    [
      'spec.requiredAuthenticationRefs: is empty; give it a value (what a client must prove, all of it; write [] to let everybody in) or remove the field',
    ],
  ],
  [
    { requiredAuthenticationRefs: [] },
    ['spec.targetRef: is required: the Server, HTTPRoute, GRPCRoute or Namespace that the policy opens'],
  ],
  [
    { targetRef: { kind: 'Server', name: 'web' }, requiredAuthenticationRefs: [] },
    [`spec.targetRef.kind: "Server" ${badTarget}`],
  ],
  [
    { targetRef: { group: 'apps', kind: 'Deployment', name: 'web' }, requiredAuthenticationRefs: [] },
    [`spec.targetRef.kind: "apps/Deployment" ${badTarget}`],
  ],
  [
    { targetRef: { kind: 'Namespace', name: 'other' }, requiredAuthenticationRefs: [] },
    [
      'spec.targetRef.name: a policy can only target its own namespace, "shop"; to open "other", create the policy there',
    ],
  ],
  [
    { targetRef: { ...serverParent, namespace: 'shop' }, requiredAuthenticationRefs: [] },
    ['spec.targetRef.namespace: unknown field; the fields here are group, kind, name'],
  ],
  [
    { targetRef: serverParent, requiredAuthenticationRefs: [{ kind: 'Pod', name: 'x' }] },
    [`spec.requiredAuthenticationRefs[0].kind: "Pod" ${badAuthentication}`],
  ],
  [
    {
      targetRef: serverParent,
      requiredAuthenticationRefs: [authn('MeshTLSAuthentication', 'a'), { kind: 'ServiceAccount', name: 'b' }],
    },
    [
      'spec.requiredAuthenticationRefs: at most one MeshTLSAuthentication or ServiceAccount may be required; list several identities in one MeshTLSAuthentication to allow any of them',
    ],
  ],
  [
    {
      targetRef: serverParent,
      requiredAuthenticationRefs: [authn('NetworkAuthentication', 'a'), authn('NetworkAuthentication', 'b')],
    },
    [
      'spec.requiredAuthenticationRefs: at most one NetworkAuthentication may be required; list several networks in one to allow any of them',
    ],
  ],
])('AuthorizationPolicy %j is refused', (spec, expected) => {
  expect(problemsOf(policy(spec))).toEqual(expected);
});

test('MeshTLSAuthentication in its internal form', () => {
  const identities = ['*', '*.shop.serviceaccount.identity.linkerd.cluster.local', 'spiffe://example.org/pay'];
  expect(objectOf(meshTls({ identities }))).toMatchObject({ spec: { identities, identityRefs: [] } });
  const identityRefs = [
    { kind: 'ServiceAccount', name: 'books' },
    { group: 'core', kind: 'ServiceAccount', name: 'books', namespace: 'other' },
    { kind: 'Namespace', name: 'pay' },
  ];
  expect(objectOf(meshTls({ identityRefs }))).toMatchObject({
    spec: {
      identities: [],
      identityRefs: [
        { kind: 'ServiceAccount', namespace: 'shop', name: 'books' },
        { kind: 'ServiceAccount', namespace: 'other', name: 'books' },
        { kind: 'Namespace', name: 'pay' },
      ],
    },
  });
});

const badPattern =
  'is not an identity pattern; write "*" for any mesh client, "*.<rest>" for a name ending, or one identity in full';

test.each([
  [{}, ['spec: exactly one of identities and identityRefs is required']],
  [
    { identities: ['*'], identityRefs: [{ kind: 'Namespace', name: 'x' }] },
    ['spec: exactly one of identities and identityRefs is required'],
  ],
  [{ identities: [] }, ['spec.identities: has 0 entries; at least 1 is needed']],
  [{ identities: ['a.*.c'] }, [`spec.identities[0]: "a.*.c" ${badPattern}`]],
  [{ identities: ['ok.example', 'with space'] }, [`spec.identities[1]: "with space" ${badPattern}`]],
  [{ identities: ['https://example.org'] }, [`spec.identities[0]: "https://example.org" ${badPattern}`]],
  [
    { identities: ['Books.shop'] },
    ['warning: spec.identities[0]: "Books.shop" has upper-case letters, which no identity has: it matches nobody'],
  ],
  [{ identities: [null] }, ['spec.identities[0]: is empty; give it a value (a string) or remove the field']],
  [
    { identityRefs: [{ kind: 'Pod', name: 'x' }] },
    ['spec.identityRefs[0].kind: "Pod" has no identity; use ServiceAccount or Namespace, without a group'],
  ],
  [
    { identityRefs: [{ kind: 'ServiceAccount' }] },
    ['spec.identityRefs[0].name: is required: the name of the ServiceAccount'],
  ],
  [{ identityRefs: [{ kind: 'Namespace' }] }, ['spec.identityRefs[0].name: is required: the name of the Namespace']],
  [
    { identityRefs: [{ kind: 'Namespace', name: 'x', namespace: 'y' }] },
    [
      'spec.identityRefs[0].namespace: a Namespace is not in a namespace; remove this field (the Namespace meant is "x", its name)',
    ],
  ],
])('MeshTLSAuthentication %j', (spec, expected) => {
  expect(problemsOf(meshTls(spec))).toEqual(expected);
});

test('NetworkAuthentication in its internal form', () => {
  expect(objectOf(networks({ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }, { cidr: 'fd00::1' }))).toMatchObject({
    spec: {
      networks: [
        { net: { prefixLength: 8 }, except: [{ prefixLength: 16 }] },
        { net: { prefixLength: 128 }, except: [] },
      ],
    },
  });
});

const badNetworks: readonly [Spec, string][] = [
  [
    { cidr: '10.0.0.0/33' },
    'networks[0].cidr: "10.0.0.0/33" is not a network: the part after "/" is a number from 0 to 32',
  ],
  [{ cidr: 'example.org' }, 'networks[0].cidr: "example.org" is not a network; write it like 10.0.0.0/8 or fd00::/8'],
  [{}, 'networks[0].cidr: is required: a network such as 10.0.0.0/8, or one address'],
  [
    { cidr: '10.0.0.0/8', except: ['192.168.0.0/16'] },
    'networks[0].except[0]: "192.168.0.0/16" is not within "10.0.0.0/8", so it takes nothing away; remove it or widen the network',
  ],
  [
    { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] },
    'networks[0].except[0]: "10.0.0.0/8" takes away all of "10.0.0.0/8"; remove the network instead',
  ],
  [
    { cidr: '10.0.0.0/8', except: ['x'] },
    'networks[0].except[0]: "x" is not a network; write it like 10.0.0.0/8 or fd00::/8',
  ],
];

test.each(badNetworks)('network %j is refused wherever networks are named', (network, expected) => {
  expect(problemsOf(networks(network))).toEqual([`spec.${expected}`]);
  const egress = { trafficPolicy: 'Deny', networks: [network] };
  expect(problemsOf(policyObject('EgressNetwork', 'v1alpha1', egress))).toEqual([`spec.${expected}`]);
  const authorization = { server: { name: 'web' }, client: { networks: [network], unauthenticated: true } };
  expect(problemsOf(serverAuthorization(authorization))).toEqual([`spec.client.${expected}`]);
});

test.each([
  ['NetworkAuthentication', { networks: [] }, ['spec.networks: has 0 entries; at least 1 is needed']],
  ['NetworkAuthentication', {}, ['spec.networks: is required: where clients may connect from, any of these']],
  ['EgressNetwork', { trafficPolicy: 'Allow', networks: [] }, ['spec.networks: has 0 entries; at least 1 is needed']],
  ['EgressNetwork', {}, ['spec.trafficPolicy: is required: Allow or Deny, for traffic no route speaks of']],
  [
    'EgressNetwork',
    { trafficPolicy: 'allow' },
    ['spec.trafficPolicy: "allow" is not a traffic policy; use one of Allow, Deny'],
  ],
])('%s %j is refused', (kind, spec, expected) => {
  expect(problemsOf(policyObject(kind, 'v1alpha1', spec))).toEqual(expected);
});

test('an EgressNetwork without networks speaks of everything outside the cluster', () => {
  const object = objectOf(policyObject('EgressNetwork', 'v1alpha1', { trafficPolicy: 'Allow' }));
  expect(object).toMatchObject({ spec: { trafficPolicy: 'Allow', networks: undefined } });
});

const ofWeb = { server: { name: 'web' } };

test.each([
  [{ unauthenticated: true }, { kind: 'unauthenticated' }],
  [{ meshTLS: { unauthenticatedTLS: true } }, { kind: 'tls' }],
  [
    { meshTLS: { identities: ['*.shop'], serviceAccounts: [{ name: 'a' }, { name: 'b', namespace: 'c' }] } },
    {
      kind: 'identities',
      identities: ['*.shop'],
      serviceAccounts: [
        { namespace: 'shop', name: 'a' },
        { namespace: 'c', name: 'b' },
      ],
    },
  ],
])('ServerAuthorization for client %j', (client, authentication) => {
  for (const version of ['v1alpha1', 'v1beta1']) {
    expect(objectOf(serverAuthorization({ ...ofWeb, client }, version))).toMatchObject({
      spec: { server: { kind: 'name', name: 'web' }, client: { networks: undefined, authentication } },
    });
  }
});

const warnsNobody =
  'warning: spec.client: authorizes nobody; set meshTLS.identities, meshTLS.serviceAccounts or unauthenticated';

test.each([
  [
    { client: { unauthenticated: true } },
    ['spec.server: is required: the Server by name, or Servers by a selector over their labels'],
  ],
  [{ server: {}, client: { unauthenticated: true } }, ['spec.server: exactly one of name and selector is required']],
  [
    { server: { name: 'web', selector: {} }, client: { unauthenticated: true } },
    ['spec.server: exactly one of name and selector is required'],
  ],
  [ofWeb, ['spec.client: is required: who is authorized']],
  [
    { ...ofWeb, client: { unauthenticated: true, meshTLS: { identities: ['*'] } } },
    ['spec.client.meshTLS: contradicts unauthenticated: true; keep one of the two'],
  ],
  [
    { ...ofWeb, client: { meshTLS: { unauthenticatedTLS: true, identities: ['*'] } } },
    [
      'spec.client.meshTLS.unauthenticatedTLS: lets in clients without identity, which contradicts the identities or serviceAccounts beside it; keep one of the two',
    ],
  ],
  [
    { ...ofWeb, client: { meshTLS: { unauthenticatedTLS: true, serviceAccounts: [{ name: 'a' }] } } },
    [
      'spec.client.meshTLS.unauthenticatedTLS: lets in clients without identity, which contradicts the identities or serviceAccounts beside it; keep one of the two',
    ],
  ],
  [{ ...ofWeb, client: {} }, [warnsNobody]],
  [{ ...ofWeb, client: { meshTLS: {} } }, [warnsNobody]],
  [
    { ...ofWeb, client: { networks: [], unauthenticated: true } },
    ['warning: spec.client.networks: an empty list matches no client; remove it to mean the cluster networks'],
  ],
  [
    { ...ofWeb, client: { meshTLS: { identities: ['a.*'] } } },
    [`spec.client.meshTLS.identities[0]: "a.*" ${badPattern}`],
  ],
])('ServerAuthorization %j', (spec, expected) => {
  expect(problemsOf(serverAuthorization(spec))).toEqual(expected);
});
