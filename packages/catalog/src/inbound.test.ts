import type { KubernetesObject } from '@heddle/crds/core';
import { allNetworks, orThrow, parseIp, parseNetwork } from '@heddle/names';
import type { Authorization, HttpRoute, InboundPolicy, RuleRef } from '@heddle/policy';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
import type { CatalogOptions } from './options.ts';
import {
  buildAuthorizationPolicy,
  buildGrpcRoute,
  buildHttpRoute,
  buildMeshTls,
  buildNamespace,
  buildNetworkAuthentication,
  buildPod,
  buildRateLimit,
  buildServer,
  buildServerAuthorization,
  meshedLabels,
  selectorOf,
  testOptions,
} from './testing/index.ts';

const policyOf = (
  objects: readonly KubernetesObject[],
  port = 8080,
  options: Partial<CatalogOptions> = {},
): InboundPolicy | undefined => {
  const catalog = createCatalog({ ...testOptions, ...options });
  catalog.reset(objects);
  return catalog.inboundPolicy('shop', 'web', port);
};

const everywhere = allNetworks.map((net) => ({ net, except: [] }));
const cluster = [{ net: orThrow(parseNetwork('10.0.0.0/8')), except: [] }];
const builtIn = (name: string): RuleRef => ({ kind: 'default', name });
const resource = (kind: string, name: string, group = 'policy.linkerd.io'): RuleRef => ({
  kind: 'resource',
  group,
  resource: kind,
  namespace: 'shop',
  name,
});
const anybody: Authorization['authentication'] = { kind: 'unauthenticated' };
const anyIdentity: Authorization['authentication'] = { kind: 'identities', identities: [], suffixes: [[]] };
const only = (...identities: string[]): Authorization['authentication'] => ({
  kind: 'identities',
  identities,
  suffixes: [],
});
const grant = (
  ref: RuleRef,
  authentication: Authorization['authentication'],
  networks: Authorization['networks'] = everywhere,
): Authorization => ({ ref, networks, authentication });

const defaultRoute: HttpRoute = {
  ref: builtIn('default'),
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }], filters: [] }],
};
const probeRoute = (...paths: string[]): HttpRoute => ({
  ref: builtIn('probe'),
  hosts: [],
  authorizations: [grant(builtIn('probe'), anybody)],
  rules: [
    {
      matches: paths.map((value) => ({
        path: { kind: 'exact', value },
        headers: [],
        queryParams: [],
        method: 'GET',
      })),
      filters: [],
    },
  ],
});
const getRoute = (authorizations: readonly Authorization[] = [], name = 'get'): HttpRoute => ({
  ref: resource('httproute', name),
  hosts: [],
  authorizations,
  rules: [
    { matches: [{ method: 'GET', path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }], filters: [] },
  ],
});
const routesOf = (policy: InboundPolicy | undefined): readonly unknown[] =>
  policy && 'routes' in policy.protocol ? policy.protocol.routes : [];
const namesOf = (policy: InboundPolicy | undefined): readonly string[] =>
  (policy?.authorizations ?? []).map(({ ref }) => ref.name);

describe('a port without a Server', () => {
  test('answers by the default of the install', () => {
    expect(policyOf([buildPod()])).toEqual({
      server: builtIn('all-authenticated'),
      protocol: { kind: 'detect', timeoutMs: 10_000, routes: [defaultRoute] },
      authorizations: [grant(builtIn('all-authenticated'), anyIdentity)],
      serverIps: [orThrow(parseIp('10.0.0.1'))],
    });
  });

  test('has no policy while the pod is unknown', () => {
    expect(policyOf([buildPod({ name: 'other' })])).toBeUndefined();
  });

  const annotation = (value: string) => ({ annotations: { 'config.linkerd.io/default-inbound-policy': value } });

  test.each<[string, string, readonly Authorization[]]>([
    ['all-unauthenticated', 'all-unauthenticated', [grant(builtIn('all-unauthenticated'), anybody)]],
    ['all-authenticated', 'all-authenticated', [grant(builtIn('all-authenticated'), anyIdentity)]],
    [
      'cluster-unauthenticated',
      'cluster-unauthenticated',
      [grant(builtIn('cluster-unauthenticated'), anybody, cluster)],
    ],
    ['cluster-authenticated', 'cluster-authenticated', [grant(builtIn('cluster-authenticated'), anyIdentity, cluster)]],
    ['audit', 'audit', [grant(builtIn('audit'), anybody)]],
    ['deny', 'deny', []],
    ['a typing error', 'deny', []],
  ])('with the annotation %s', (value, name, authorizations) => {
    const policy = policyOf([buildPod(annotation(value))]);
    expect(policy).toMatchObject({ server: builtIn(name), authorizations });
  });

  test('the pod annotation beats the namespace, the namespace beats the install', () => {
    const namespace = buildNamespace(annotation('audit'));
    expect(policyOf([namespace, buildPod()])?.server).toEqual(builtIn('audit'));
    expect(policyOf([namespace, buildPod(annotation('deny'))])?.server).toEqual(builtIn('deny'));
  });

  test.each([
    ['all-unauthenticated', 'all-authenticated'],
    ['cluster-unauthenticated', 'cluster-authenticated'],
    ['audit', 'all-authenticated'],
    ['deny', 'deny'],
  ])('that requires an identity turns %s into %s', (asked, given) => {
    const pod = buildPod({
      annotations: {
        'config.linkerd.io/default-inbound-policy': asked,
        'config.linkerd.io/proxy-require-identity-inbound-ports': '1,http',
      },
    });
    expect(policyOf([pod])?.server).toEqual(builtIn(given));
    expect(policyOf([pod], 9090)?.server).toEqual(builtIn(asked));
  });

  const opaque = (value: string) => ({ annotations: { 'config.linkerd.io/opaque-ports': value } });

  test.each<[string, readonly KubernetesObject[], number, string]>([
    ['of the default opaque ports', [buildPod()], 3306, 'opaque'],
    ['not among them', [buildPod()], 3307, 'detect'],
    ['in the pod annotation', [buildPod(opaque('9000-9010'))], 9005, 'opaque'],
    ['in the pod annotation by name', [buildPod(opaque('http'))], 8080, 'opaque'],
    ['only in the default, when the pod says otherwise', [buildPod(opaque(''))], 3306, 'detect'],
    ['in the namespace annotation', [buildNamespace(opaque('8080')), buildPod()], 8080, 'opaque'],
    [
      'only in the namespace annotation, when the pod says otherwise',
      [buildNamespace(opaque('8080')), buildPod(opaque('1'))],
      8080,
      'detect',
    ],
  ])('%s', (_, objects, port, kind) => {
    expect(policyOf(objects, port)?.protocol.kind).toBe(kind);
  });

  test('lets probes through, even under deny', () => {
    const pod = buildPod({
      ...annotation('deny'),
      probes: [
        { path: '/ready?verbose', port: 'http' },
        { path: 'alive', port: 8080 },
        { path: '/other', port: 9090 },
      ],
    });
    expect(policyOf([pod])).toMatchObject({
      protocol: { routes: [defaultRoute, probeRoute('/alive', '/ready')] },
      authorizations: [],
    });
  });
});

describe('the Server of a port', () => {
  test('replaces every default; its access policy is deny', () => {
    const pod = buildPod({ annotations: { 'config.linkerd.io/default-inbound-policy': 'all-unauthenticated' } });
    expect(policyOf([pod, buildServer()])).toEqual({
      server: resource('server', 'web'),
      protocol: { kind: 'detect', timeoutMs: 10_000, routes: [defaultRoute] },
      authorizations: [],
      serverIps: [orThrow(parseIp('10.0.0.1'))],
    });
  });

  test.each<[string, readonly KubernetesObject[], string]>([
    ['matches by number', [buildServer({ port: { kind: 'number', port: 8080 } })], 'web'],
    ['matches by name', [buildServer({ port: { kind: 'name', name: 'http' } })], 'web'],
    ['misses another number', [buildServer({ port: { kind: 'number', port: 8081 } })], 'all-authenticated'],
    ['misses another name', [buildServer({ port: { kind: 'name', name: 'grpc' } })], 'all-authenticated'],
    [
      'selects everything without a selector',
      [buildServer({ workloads: { kind: 'pods', selector: selectorOf({}) } })],
      'web',
    ],
    [
      'misses other labels',
      [buildServer({ workloads: { kind: 'pods', selector: selectorOf({ app: 'db' }) } })],
      'all-authenticated',
    ],
    [
      'never selects a pod of another namespace',
      [buildServer({ namespace: 'evil', workloads: { kind: 'pods', selector: selectorOf({}) } })],
      'all-authenticated',
    ],
    [
      'never selects a pod as an external workload',
      [buildServer({ workloads: { kind: 'externalWorkloads', selector: selectorOf({}) } })],
      'all-authenticated',
    ],
    ['is the oldest', [buildServer({ name: 'a', createdMs: 2 }), buildServer({ name: 'b', createdMs: 1 })], 'b'],
    ['is the first by name among equals', [buildServer({ name: 'b' }), buildServer({ name: 'a' })], 'a'],
  ])('%s', (_, servers, owner) => {
    expect(policyOf([...servers, buildPod()])?.server.name).toBe(owner);
  });

  test.each([
    ['unknown', 'detect'],
    ['HTTP/1', 'http1'],
    ['HTTP/2', 'http2'],
    ['gRPC', 'grpc'],
    ['opaque', 'opaque'],
    ['TLS', 'tls'],
  ] as const)('of protocol %s is %s', (proxyProtocol, kind) => {
    expect(policyOf([buildPod(), buildServer({ proxyProtocol })])?.protocol.kind).toBe(kind);
  });

  test('adds what its access policy allows', () => {
    expect(policyOf([buildPod(), buildServer({ accessPolicy: 'cluster-unauthenticated' })])?.authorizations).toEqual([
      grant(builtIn('cluster-unauthenticated'), anybody, cluster),
    ]);
  });
});

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

describe('routes', () => {
  const base = [buildPod({ probes: [{ path: '/healthz', port: 'http' }] }), buildServer()];
  const healthz = probeRoute('/healthz');
  const authors = { path: { kind: 'prefix', value: '/authors' } } as const;

  test('carry the authorizations of the policies that target them', () => {
    const target = { kind: 'HTTPRoute', group: 'policy.linkerd.io', name: 'get' } as const;
    const objects = [buildPod(), buildServer(), buildHttpRoute(), buildMeshTls(), buildAuthorizationPolicy({ target })];
    expect(policyOf(objects)).toMatchObject({
      authorizations: [],
      protocol: { routes: [getRoute([grant(resource('authorizationpolicy', 'allow'), anyIdentity)])] },
    });
  });

  test('of the two groups are not mistaken for each other', () => {
    const target = { kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', name: 'get' } as const;
    const objects = [buildPod(), buildServer(), buildHttpRoute(), buildMeshTls(), buildAuthorizationPolicy({ target })];
    expect(routesOf(policyOf(objects))).toEqual([getRoute()]);
  });

  test('replace the default route; the probe stays beside routes that do not match its path', () => {
    const route = buildHttpRoute({ matches: [authors] });
    expect(routesOf(policyOf([...base, route]))).toEqual([
      expect.objectContaining({ ref: resource('httproute', 'get') }),
      healthz,
    ]);
  });

  test.each<[string, Parameters<typeof buildHttpRoute>[0]]>([
    ['by a prefix', { matches: [{ path: { kind: 'prefix', value: '/' } }] }],
    ['exactly', { matches: [authors, { path: { kind: 'exact', value: '/healthz' } }] }],
    [
      'with conditions on headers',
      {
        matches: [{ path: { kind: 'exact', value: '/healthz' }, headers: [{ kind: 'exact', name: 'x', value: 'y' }] }],
      },
    ],
    ['for one host only', { hostnames: ['web.example'], matches: [{ path: { kind: 'exact', value: '/healthz' } }] }],
    ['by having no path', { matches: [{ method: 'GET' }] }],
  ])('that match the probe path %s end the exemption', (_, parts) => {
    expect(routesOf(policyOf([...base, buildHttpRoute(parts)]))).not.toContainEqual(healthz);
  });

  test.each<[string, Parameters<typeof buildHttpRoute>[0]]>([
    ['of another method', { matches: [{ method: 'POST', path: { kind: 'exact', value: '/healthz' } }] }],
    ['of a longer segment', { matches: [{ path: { kind: 'prefix', value: '/health' } }] }],
  ])('%s leave the exemption', (_, parts) => {
    expect(routesOf(policyOf([...base, buildHttpRoute(parts)]))).toContainEqual(healthz);
  });

  test.each<[string, KubernetesObject]>([
    [
      'of another namespace',
      buildHttpRoute({
        namespace: 'evil',
        parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', namespace: 'shop', name: 'web' }],
      }),
    ],
    [
      'with a port',
      buildHttpRoute({
        parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', namespace: 'shop', name: 'web', port: 8080 }],
      }),
    ],
    [
      'with a section',
      buildHttpRoute({
        parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', namespace: 'shop', name: 'web', sectionName: 'x' }],
      }),
    ],
    [
      'of a Service of that name',
      buildHttpRoute({ parentRefs: [{ group: '', kind: 'Service', namespace: 'shop', name: 'web' }] }),
    ],
    [
      'of a Server of another group',
      buildHttpRoute({ parentRefs: [{ group: 'example.org', kind: 'Server', namespace: 'shop', name: 'web' }] }),
    ],
  ])('%s do not attach', (_, route) => {
    expect(routesOf(policyOf([...base, route]))).toEqual([defaultRoute, healthz]);
  });

  test('stand in the order of their age, then of their names', () => {
    const routes = [
      buildHttpRoute({ name: 'c', createdMs: 1 }),
      buildHttpRoute({ name: 'b', createdMs: 1, group: 'gateway.networking.k8s.io' }),
      buildHttpRoute({ name: 'a', createdMs: 2 }),
    ];
    const names = (routesOf(policyOf([...base, ...routes])) as HttpRoute[]).map(({ ref }) => ref.name);
    expect(names).toEqual(['b', 'c', 'a']);
  });

  test('of kind HTTPRoute have no effect where a GRPCRoute is attached', () => {
    const objects = [...base, buildHttpRoute(), buildGrpcRoute({ matches: [{ headers: [] }] })];
    const refs = (routesOf(policyOf(objects)) as HttpRoute[]).map(({ ref }) => ref.name);
    expect(refs).toEqual(['call', 'probe']);
  });

  test('of kind GRPCRoute stand as they are on a gRPC Server', () => {
    const matches = [{ method: { kind: 'exact', service: 'shop.Cart' }, headers: [] }] as const;
    const objects = [buildPod(), buildServer({ proxyProtocol: 'gRPC' }), buildGrpcRoute({ matches })];
    expect(policyOf(objects)?.protocol).toEqual({
      kind: 'grpc',
      routes: [
        {
          ref: resource('grpcroute', 'call', 'gateway.networking.k8s.io'),
          hosts: [],
          authorizations: [],
          rules: [{ matches: [{ service: 'shop.Cart', method: '', headers: [] }], filters: [] }],
        },
      ],
    });
  });

  test.each<[string, Parameters<typeof buildGrpcRoute>[0], unknown]>([
    [
      'a service and a method',
      { matches: [{ method: { kind: 'exact', service: 's.S', method: 'M' }, headers: [] }] },
      [{ path: { kind: 'exact', value: '/s.S/M' }, method: 'POST', headers: [], queryParams: [] }],
    ],
    [
      'a service',
      { matches: [{ method: { kind: 'exact', service: 's.S' }, headers: [] }] },
      [{ path: { kind: 'prefix', value: '/s.S' }, method: 'POST', headers: [], queryParams: [] }],
    ],
    [
      'a method',
      { matches: [{ method: { kind: 'exact', method: 'M' }, headers: [] }] },
      [{ path: { kind: 'regex', value: '/[^/]+/M' }, method: 'POST', headers: [], queryParams: [] }],
    ],
    [
      'nothing',
      { matches: [] },
      [{ path: { kind: 'prefix', value: '/' }, method: 'POST', headers: [], queryParams: [] }],
    ],
  ])('of kind GRPCRoute on other Servers are said as HTTP: %s', (_, parts, matches) => {
    const [route] = routesOf(policyOf([buildPod(), buildServer(), buildGrpcRoute(parts)])) as HttpRoute[];
    expect(route?.rules).toEqual([{ matches, filters: [] }]);
  });

  test.each(['gRPC', 'unknown'] as const)(
    'whose matches cannot be said match nothing rather than all (%s)',
    (proxyProtocol) => {
      const matches = [{ method: { kind: 'regex', service: '.*' }, headers: [] }] as const;
      const objects = [buildPod(), buildServer({ proxyProtocol }), buildGrpcRoute({ matches })];
      expect(routesOf(policyOf(objects))).toEqual([expect.objectContaining({ rules: [] })]);
    },
  );

  test('of kind HTTPRoute keep their meaning on a gRPC Server', () => {
    const objects = [buildPod(), buildServer({ proxyProtocol: 'gRPC' }), buildHttpRoute()];
    expect(policyOf(objects)?.protocol).toEqual({ kind: 'http2', routes: [getRoute()] });
  });

  test('refuse what their filters would have changed when a filter cannot be applied', () => {
    const filters = [
      { kind: 'requestHeaders', add: [], set: [{ name: 'x', value: 'y' }], remove: [] },
      { kind: 'responseHeaders', add: [], set: [], remove: ['server'] },
      { kind: 'redirect', status: 302, host: 'else.example' },
      { kind: 'unsupported', type: 'RequestMirror' },
    ] as const;
    const route = buildHttpRoute({ rules: [{ matches: [], filters, backendRefs: [], timeouts: {} }] });
    const [found] = routesOf(policyOf([...base, route])) as HttpRoute[];
    expect(found?.rules[0]?.filters).toEqual([filters[0], { kind: 'unknown' }, filters[2], { kind: 'unknown' }]);
  });

  test('know hosts exactly and by suffix', () => {
    const [route] = routesOf(
      policyOf([...base, buildHttpRoute({ hostnames: ['web.example', '*.shop.example'] })]),
    ) as HttpRoute[];
    expect(route?.hosts).toEqual([
      { kind: 'exact', host: 'web.example' },
      { kind: 'suffix', reverseLabels: ['example', 'shop'] },
    ]);
  });
});

describe('a rate limit', () => {
  test('of the oldest policy holds', () => {
    const overrides = [{ requestsPerSecond: 5, serviceAccounts: [{ namespace: 'pay', name: 'api' }] }];
    const objects = [
      buildPod({ labels: meshedLabels('web') }),
      buildServer({ proxyProtocol: 'HTTP/1' }),
      buildRateLimit({ name: 'younger', createdMs: 2, total: 1 }),
      buildRateLimit({ name: 'elder', createdMs: 1, total: 100, identity: 10, overrides }),
    ];
    expect(policyOf(objects)?.protocol).toMatchObject({
      rateLimit: {
        ref: resource('httplocalratelimitpolicy', 'elder'),
        total: 100,
        identity: 10,
        overrides: [{ requestsPerSecond: 5, identities: ['api.pay.serviceaccount.identity.linkerd.cluster.local'] }],
      },
    });
  });
});
