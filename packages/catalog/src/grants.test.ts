import type { KubernetesObject } from '@heddle/crds/core';
import { orThrow, parseNetwork } from '@heddle/names';
import type { Authorization } from '@heddle/policy';
import { describe, expect, test } from 'vitest';
import {
  buildAuthorizationPolicy,
  buildMeshTls,
  buildNetworkAuthentication,
  buildPod,
  buildServer,
  buildServerAuthorization,
  selectorOf,
} from './testing/index.ts';
import {
  anybody,
  anyIdentity,
  cluster,
  everywhere,
  grant,
  namesOf,
  only,
  policyOf,
  resource,
} from './testing/policies.ts';

describe('an AuthorizationPolicy', () => {
  const base = [buildPod(), buildServer(), buildMeshTls({ identities: ['a.id', '*.b.id', '*'] })];
  const office = [{ net: orThrow(parseNetwork('192.168.0.0/16')), except: [] }];
  const ref = (
    kind: 'MeshTLSAuthentication' | 'NetworkAuthentication' | 'ServiceAccount',
    name: string,
    namespace = 'shop',
  ) => ({ kind, name, namespace }) as const;
  const patterns: Authorization['authentication'] = {
    kind: 'identities',
    identities: ['a.id'],
    suffixes: [[], ['b', 'id']],
  };
  const allow = resource('authorizationpolicy', 'allow');

  test.each<[string, readonly KubernetesObject[], readonly Authorization[]]>([
    ['on a Server', [buildAuthorizationPolicy()], [grant(allow, patterns)]],
    ['on its Namespace', [buildAuthorizationPolicy({ target: { kind: 'Namespace' } })], [grant(allow, patterns)]],
    ['on another Server', [buildAuthorizationPolicy({ target: { kind: 'Server', name: 'db' } })], []],
    [
      'of another namespace, on its Server of the same name',
      [buildAuthorizationPolicy({ namespace: 'evil' }), buildMeshTls({ namespace: 'evil' })],
      [],
    ],
    [
      'of another namespace, on that namespace',
      [buildAuthorizationPolicy({ namespace: 'evil', target: { kind: 'Namespace' }, requiredAuthentications: [] })],
      [],
    ],
    [
      'that requires nothing allows everybody',
      [buildAuthorizationPolicy({ requiredAuthentications: [] })],
      [grant(allow, anybody)],
    ],
    [
      'whose authentication is missing allows nobody',
      [buildAuthorizationPolicy({ requiredAuthentications: [ref('MeshTLSAuthentication', 'gone')] })],
      [],
    ],
    [
      'with one authentication missing allows nobody',
      [
        buildNetworkAuthentication(),
        buildAuthorizationPolicy({
          requiredAuthentications: [ref('NetworkAuthentication', 'office'), ref('MeshTLSAuthentication', 'gone')],
        }),
      ],
      [],
    ],
    [
      'may refer to another namespace',
      [
        buildMeshTls({ namespace: 'auth', identities: ['x.id'] }),
        buildAuthorizationPolicy({ requiredAuthentications: [ref('MeshTLSAuthentication', 'clients', 'auth')] }),
      ],
      [grant(allow, only('x.id'))],
    ],
    [
      'requires networks alone',
      [
        buildNetworkAuthentication(),
        buildAuthorizationPolicy({ requiredAuthentications: [ref('NetworkAuthentication', 'office')] }),
      ],
      [grant(allow, anybody, office)],
    ],
    [
      'requires networks and identities',
      [
        buildNetworkAuthentication(),
        buildAuthorizationPolicy({
          requiredAuthentications: [ref('NetworkAuthentication', 'office'), ref('MeshTLSAuthentication', 'clients')],
        }),
      ],
      [grant(allow, patterns, office)],
    ],
    [
      'that requires two sets of identities allows nobody',
      [
        buildAuthorizationPolicy({
          requiredAuthentications: [ref('MeshTLSAuthentication', 'clients'), ref('ServiceAccount', 'api')],
        }),
      ],
      [],
    ],
    [
      'that requires two sets of networks allows nobody',
      [
        buildNetworkAuthentication(),
        buildAuthorizationPolicy({
          requiredAuthentications: [ref('NetworkAuthentication', 'office'), ref('NetworkAuthentication', 'office')],
        }),
      ],
      [],
    ],
    [
      'requires a ServiceAccount',
      [buildAuthorizationPolicy({ requiredAuthentications: [ref('ServiceAccount', 'api', 'pay')] })],
      [grant(allow, only('api.pay.serviceaccount.identity.linkerd.cluster.local'))],
    ],
  ])('%s', (_, objects, authorizations) => {
    expect(policyOf([...base, ...objects])?.authorizations).toEqual(authorizations);
  });

  test('names ServiceAccounts and namespaces through identityRefs', () => {
    const clients = buildMeshTls({
      identityRefs: [
        { kind: 'ServiceAccount', namespace: 'pay', name: 'api' },
        { kind: 'Namespace', name: 'ops' },
      ],
    });
    expect(policyOf([buildPod(), buildServer(), buildAuthorizationPolicy(), clients])?.authorizations).toEqual([
      grant(allow, {
        kind: 'identities',
        identities: ['api.pay.serviceaccount.identity.linkerd.cluster.local'],
        suffixes: [['ops', 'serviceaccount', 'identity', 'linkerd', 'cluster', 'local']],
      }),
    ]);
  });

  test('on a namespace says nothing about ports without a Server', () => {
    const policy = buildAuthorizationPolicy({ target: { kind: 'Namespace' }, requiredAuthentications: [] });
    expect(namesOf(policyOf([buildPod(), policy]))).toEqual(['all-authenticated']);
  });

  test('every one counts, in the order of their names, the access policy last', () => {
    const policies = ['b', 'a'].map((name) => buildAuthorizationPolicy({ name, requiredAuthentications: [] }));
    const objects = [...policies, buildServerAuthorization(), buildPod(), buildServer({ accessPolicy: 'audit' })];
    expect(namesOf(policyOf(objects))).toEqual(['a', 'b', 'older', 'audit']);
  });
});

describe('a ServerAuthorization', () => {
  const older = resource('serverauthorization', 'older');
  const account = { namespace: 'pay', name: 'api' };

  test.each<[string, Parameters<typeof buildServerAuthorization>[0], readonly Authorization[]]>([
    ['without networks is for those of the cluster', {}, [grant(older, anyIdentity, cluster)]],
    [
      'with networks',
      { client: { networks: everywhere, authentication: { kind: 'unauthenticated' } } },
      [grant(older, anybody)],
    ],
    [
      'with any TLS',
      { client: { networks: everywhere, authentication: { kind: 'tls' } } },
      [grant(older, { kind: 'tls' })],
    ],
    [
      'with ServiceAccounts',
      {
        client: {
          networks: everywhere,
          authentication: { kind: 'identities', identities: ['x.id'], serviceAccounts: [account] },
        },
      },
      [grant(older, only('api.pay.serviceaccount.identity.linkerd.cluster.local', 'x.id'))],
    ],
    [
      'for nobody',
      { client: { networks: everywhere, authentication: { kind: 'identities', identities: [], serviceAccounts: [] } } },
      [grant(older, only())],
    ],
    ['with an empty list of networks', { client: { networks: [], authentication: { kind: 'unauthenticated' } } }, []],
    [
      'selecting the Server by label',
      { server: { kind: 'selector', selector: selectorOf({ tier: 'front' }) } },
      [grant(older, anyIdentity, cluster)],
    ],
    ['selecting other Servers by label', { server: { kind: 'selector', selector: selectorOf({ tier: 'back' }) } }, []],
    ['of another Server', { server: { kind: 'name', name: 'db' } }, []],
    ['of another namespace', { namespace: 'evil' }, []],
  ])('%s', (_, parts, authorizations) => {
    const objects = [buildPod(), buildServer({ labels: { tier: 'front' } }), buildServerAuthorization(parts)];
    expect(policyOf(objects)?.authorizations).toEqual(authorizations);
  });
});
