/** Random objects in a world so small that they keep meeting each other. */
import type {
  AuthenticationRef,
  Closure,
  HttpRoute,
  HttpRouteMatch,
  IdentityRef,
  LabelSelector,
  ParentRef,
  PolicyTarget,
} from '@heddle/crds';
import type { Container, KubernetesObject } from '@heddle/crds/core';
import * as fc from 'fast-check';
import {
  buildAuthorizationPolicy,
  buildEgressNetwork,
  buildGrpcRoute,
  buildHttpRoute,
  buildMeshTls,
  buildNamespace,
  buildNetworkAuthentication,
  buildNode,
  buildPod,
  buildRateLimit,
  buildServer,
  buildServerAuthorization,
  buildService,
  buildServiceAccount,
  buildServiceProfile,
  buildSlice,
  buildUnreadable,
  selectorOf,
} from './index.ts';

/** Everything that has a name is called one of these. */
export const world = {
  namespaces: ['n1', 'n2'],
  pods: ['p1', 'p2', 'p3'],
  services: ['s1', 's2'],
  ports: [80, 8080, 3306],
  nodes: ['node1', 'node2'],
  podIps: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  clusterIps: ['10.96.0.1', '10.96.0.2'],
  outsideIps: ['192.0.2.1', '192.168.0.1'],
} as const;

const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** Mostly the first, so that objects meet. */
const namespace = oneOf('n1', 'n1', 'n1', 'n2');
const name = oneOf('x', 'y');
const createdMs = oneOf(0, 1);
const meta = { namespace, name, createdMs };
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const labels = fc.record({ app: oneOf('a', 'b') });
const selector: fc.Arbitrary<LabelSelector> = oneOf<LabelSelector>(
  selectorOf({}),
  selectorOf({ app: 'a' }),
  selectorOf({ app: 'b' }),
  { matchLabels: {}, matchExpressions: [{ operator: 'In', key: 'app', values: ['a'] }] },
  { matchLabels: {}, matchExpressions: [{ operator: 'NotIn', key: 'app', values: ['a'] }] },
);
const annotations = fc
  .record({
    'default-inbound-policy': optional(oneOf('deny', 'audit', 'nonsense')),
    'opaque-ports': optional(oneOf('', '8080', 'http')),
    'skip-inbound-ports': optional(oneOf('80')),
    'proxy-require-identity-inbound-ports': optional(oneOf('8080')),
  })
  .map((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([key, value]) =>
        value === undefined ? [] : [[`config.linkerd.io/${key}`, value]],
      ),
    ),
  );

const pod = fc
  .record({
    namespace,
    name: oneOf(...world.pods),
    createdMs,
    labels: fc
      .tuple(labels, fc.boolean())
      .map(([own, meshed]) => (meshed ? { ...own, 'linkerd.io/control-plane-ns': 'linkerd' } : own)),
    annotations,
    ip: oneOf(...world.podIps),
    phase: oneOf('Running', 'Running', 'Failed'),
    hostNetwork: oneOf(false, false, true),
    ports: oneOf<Readonly<Record<string, number>>>({ http: 8080 }, { http: 80, db: 3306 }),
    nodeName: oneOf('', ...world.nodes),
    hostIps: oneOf<readonly string[]>([], ['192.168.0.1']),
    probes: oneOf<readonly { path: string; port: string }[]>([], [{ path: '/healthz', port: 'http' }]),
    containers: oneOf<readonly Partial<Container>[]>(
      [],
      [{ readinessProbe: { grpc: { port: 8080 } } }],
      [{ ports: [{ name: '', containerPort: 8080, protocol: 'TCP', hostPort: 80 }] }],
    ),
  })
  .map(buildPod);

const service = fc
  .record({
    namespace,
    name: oneOf(...world.services),
    annotations,
    clusterIp: oneOf(...world.clusterIps),
    type: oneOf('ClusterIP', 'ClusterIP', 'ExternalName'),
    internalTrafficPolicy: oneOf('Cluster', 'Cluster', 'Local'),
    ports: oneOf(
      [{ port: 80 }],
      [
        { port: 8080, appProtocol: 'http' },
        { name: 'db', port: 3306 },
      ],
    ),
  })
  .map((parts) => buildService(parts as Parameters<typeof buildService>[0]));

const slice = fc
  .record({
    namespace,
    name,
    service: oneOf(...world.services),
    ports: oneOf([{ port: 8080 }], [{ port: 80 }, { name: 'db', port: 3306 }]),
    endpoints: fc.array(
      fc.record({
        address: oneOf(...world.podIps),
        pod: oneOf<string | undefined>(...world.pods, undefined),
        isReady: oneOf(true, true, false),
        isEnding: oneOf(false, false, true),
        nodeName: oneOf(...world.nodes),
        zone: oneOf('', 'z1', 'z2'),
        forZones: oneOf<readonly string[]>([], ['z1'], ['z2']),
        forNodes: oneOf<readonly string[]>([], ['node1'], ['node2']),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(buildSlice);

const server = fc
  .record({
    ...meta,
    labels,
    workloads: fc.record({ kind: oneOf('pods', 'pods', 'externalWorkloads'), selector }),
    port: oneOf({ kind: 'number', port: 8080 } as const, { kind: 'name', name: 'http' } as const),
    proxyProtocol: oneOf('unknown', 'HTTP/1', 'gRPC', 'opaque'),
    accessPolicy: oneOf('deny', 'audit'),
  })
  .map((parts) => buildServer(parts as Parameters<typeof buildServer>[0]));

const authentication: fc.Arbitrary<AuthenticationRef> = fc.record({
  kind: oneOf<AuthenticationRef['kind']>('MeshTLSAuthentication', 'NetworkAuthentication', 'ServiceAccount'),
  namespace,
  name,
});
const target: fc.Arbitrary<PolicyTarget> = oneOf<PolicyTarget>(
  { kind: 'Server', name: 'x' },
  { kind: 'Server', name: 'y' },
  { kind: 'HTTPRoute', group: 'policy.linkerd.io', name: 'x' },
  { kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', name: 'y' },
  { kind: 'GRPCRoute', name: 'x' },
  { kind: 'Namespace' },
);
const identityRef: fc.Arbitrary<IdentityRef> = fc.oneof(
  fc.record({ kind: fc.constant('ServiceAccount' as const), namespace, name }),
  fc.record({ kind: fc.constant('Namespace' as const), name: namespace }),
);

const parentRef: fc.Arbitrary<ParentRef> = fc.oneof(
  fc.record({ group: fc.constant('policy.linkerd.io'), kind: fc.constant('Server'), namespace, name }),
  fc.record({ group: oneOf('', 'core'), kind: fc.constant('Service'), namespace, name: oneOf(...world.services) }),
  fc.record({ group: fc.constant('policy.linkerd.io'), kind: fc.constant('EgressNetwork'), namespace, name }),
);
const parentRefs = fc.array(parentRef, { minLength: 1, maxLength: 2 });
const httpRoute = fc
  .record({
    ...meta,
    group: oneOf<HttpRoute['group']>('policy.linkerd.io', 'gateway.networking.k8s.io'),
    parentRefs,
    matches: oneOf<readonly Partial<HttpRouteMatch>[]>(
      [{ method: 'GET' }],
      [{ path: { kind: 'exact', value: '/healthz' } }],
      [{ method: 'POST' }],
    ),
    backend: oneOf(...world.services),
  })
  .map(({ matches, backend, ...parts }) =>
    buildHttpRoute({
      ...parts,
      rules: [
        {
          matches: matches.map((match) => ({ headers: [], queryParams: [], ...match })),
          filters: [],
          backendRefs: [{ group: '', kind: 'Service', namespace: 'n1', name: backend, weight: 1, filters: [] }],
          timeouts: {},
        },
      ],
    }),
  );
const grpcRoute = fc
  .record({ ...meta, parentRefs })
  .map((parts) => buildGrpcRoute({ ...parts, matches: [{ headers: [] }] }));

/** Any object the catalog reads. */
export const anyObject: fc.Arbitrary<KubernetesObject> = fc.oneof(
  { arbitrary: pod, weight: 4 },
  { arbitrary: service, weight: 2 },
  { arbitrary: slice, weight: 3 },
  { arbitrary: server, weight: 4 },
  { arbitrary: httpRoute, weight: 3 },
  { arbitrary: grpcRoute, weight: 1 },
  {
    arbitrary: fc
      .record({ ...meta, target, requiredAuthentications: fc.array(authentication, { maxLength: 2 }) })
      .map(buildAuthorizationPolicy),
    weight: 3,
  },
  {
    arbitrary: fc.record({ ...meta, identityRefs: fc.array(identityRef, { maxLength: 2 }) }).map(buildMeshTls),
    weight: 2,
  },
  fc.record({ ...meta, cidrs: oneOf<readonly string[]>(['10.0.0.0/8'], ['::/0']) }).map(buildNetworkAuthentication),
  fc
    .record({
      ...meta,
      server: oneOf(
        { kind: 'name', name: 'x' } as const,
        { kind: 'selector', selector: selectorOf({ app: 'a' }) } as const,
      ),
    })
    .map(buildServerAuthorization),
  fc.record({ ...meta, server: fc.record({ name }), total: oneOf(1, 2) }).map(buildRateLimit),
  { arbitrary: fc.record({ name: namespace, annotations }).map(buildNamespace), weight: 2 },
  fc
    .record({
      ...meta,
      namespace: oneOf('n1', 'n2', 'linkerd-egress'),
      trafficPolicy: oneOf<'Allow' | 'Deny'>('Allow', 'Deny'),
      cidrs: oneOf<readonly string[] | undefined>(undefined, ['192.0.2.0/24'], ['0.0.0.0/0 except 192.0.2.1/32']),
    })
    .map(({ cidrs, ...parts }) => buildEgressNetwork(cidrs ? { ...parts, cidrs } : parts)),
  fc.record({ namespace, name }).map(buildServiceAccount),
  {
    arbitrary: fc
      .record({
        namespace,
        name,
        of: oneOf<readonly [string, Closure]>(
          ['Server', { kind: 'ports', selector: selectorOf({ app: 'a' }), port: 80 }],
          ['Server', { kind: 'ports', selector: selectorOf({}) }],
          ['HTTPRoute', { kind: 'servers', names: ['x', 'y'] }],
          ['HTTPLocalRateLimitPolicy', { kind: 'servers' }],
          ['EgressNetwork', { kind: 'egress' }],
          ['AuthorizationPolicy', { kind: 'nothing' }],
        ),
      })
      .map(({ of: [standsFor, closes], ...parts }) => buildUnreadable({ ...parts, standsFor, closes })),
    weight: 2,
  },
  fc
    .record({
      namespace,
      service: oneOf('s1.n1', 's2.n1', 's1.n2', 'other.n1'),
      dstOverrides: oneOf([], [{ authority: 's2.n1.svc.cluster.local', weight: 1 }]),
      opaquePorts: oneOf([], [{ from: 80, to: 80 }]),
    })
    .map(buildServiceProfile),
  {
    arbitrary: fc
      .tuple(
        oneOf(...world.nodes),
        oneOf('z1', 'z2'),
        fc.record({
          ips: oneOf<readonly string[]>([], ['192.168.0.1'], ['192.168.0.2']),
          // Its first address is a pod's.
          podCidrs: oneOf<readonly string[]>([], ['10.0.0.0/24']),
        }),
      )
      .map((parts) => buildNode(...parts)),
    weight: 2,
  },
);
