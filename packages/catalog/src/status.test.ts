import { keyOf } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
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
  buildService,
  buildServiceAccount,
  selectorOf,
} from './testing/index.ts';
import { testOptions } from './testing/options.ts';

/** Conditions as `Type=Reason`, with `!` before those that do not hold; a parent's follow its name. */
const statusOf = (objects: readonly KubernetesObject[], object: KubernetesObject): readonly string[] => {
  const catalog = createCatalog(testOptions);
  catalog.reset([...objects, object]);
  const status = catalog.status(keyOf(object));
  const texts = (conditions: NonNullable<typeof status>['conditions']): readonly string[] =>
    conditions.map(({ type, isTrue, reason }) => `${isTrue ? '' : '!'}${type}=${reason}`);
  return [
    ...texts(status?.conditions ?? []),
    ...(status?.parents ?? []).flatMap(({ ref, conditions }) => [ref.name, ...texts(conditions)]),
  ];
};

const serviceParent = { group: '', kind: 'Service', namespace: 'shop', name: 'web' };
const gateway = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'shop', name: 'edge' };
const toBackend = (kind: string, name: string) => ({
  parentRefs: [serviceParent],
  rules: [
    {
      matches: [],
      filters: [],
      backendRefs: [{ group: '', kind, namespace: 'shop', name, weight: 1, filters: [] }],
      timeouts: {},
    },
  ],
});
const notEnforced = 'PartiallyInvalid=UnsupportedValue';
const probed = buildPod({ probes: [{ path: '/healthz', port: 'http' }] });
const account = { kind: 'ServiceAccount', namespace: 'pay', name: 'api' } as const;
const networks = { kind: 'NetworkAuthentication', namespace: 'shop', name: 'office' } as const;

test.each<[string, readonly KubernetesObject[], KubernetesObject, readonly string[]]>([
  ['a Server alone on its port', [buildPod()], buildServer(), ['Accepted=Accepted']],
  [
    'a Server younger than another on its port',
    [buildPod(), buildServer({ name: 'a', createdMs: -1 })],
    buildServer(),
    ['!Accepted=ServerOverlap'],
  ],
  [
    'a Server older than another on its port',
    [buildPod(), buildServer({ name: 'a', createdMs: 1 })],
    buildServer(),
    ['Accepted=Accepted'],
  ],
  [
    'a Server that overlaps where there are no pods',
    [buildServer({ name: 'a', createdMs: -1 })],
    buildServer(),
    ['Accepted=Accepted'],
  ],
  [
    'a Server whose route takes its probes',
    [probed, buildHttpRoute()],
    buildServer(),
    ['Accepted=Accepted', '!ProbesReachable=RouteMatchesProbePath'],
  ],
  [
    'a Server whose route leaves its probes',
    [probed, buildHttpRoute({ matches: [{ path: { kind: 'prefix', value: '/api' } }] })],
    buildServer(),
    ['Accepted=Accepted'],
  ],
  [
    'a policy with all it needs',
    [buildServer(), buildMeshTls()],
    buildAuthorizationPolicy(),
    ['Accepted=Accepted', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'a policy on a Server that is not there',
    [buildMeshTls()],
    buildAuthorizationPolicy(),
    ['!Accepted=NoMatchingTarget', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'a policy on a route that is not there',
    [buildMeshTls()],
    buildAuthorizationPolicy({ target: { kind: 'GRPCRoute', name: 'call' } }),
    ['!Accepted=NoMatchingTarget', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'a policy on a route',
    [buildMeshTls(), buildGrpcRoute()],
    buildAuthorizationPolicy({ target: { kind: 'GRPCRoute', name: 'call' } }),
    ['Accepted=Accepted', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'a policy on its namespace',
    [buildMeshTls()],
    buildAuthorizationPolicy({ target: { kind: 'Namespace' } }),
    ['Accepted=Accepted', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'a policy whose authentication is missing',
    [buildServer()],
    buildAuthorizationPolicy(),
    ['Accepted=Accepted', '!ResolvedRefs=AuthenticationNotFound'],
  ],
  [
    'a policy whose networks are missing',
    [buildServer()],
    buildAuthorizationPolicy({ requiredAuthentications: [networks] }),
    ['Accepted=Accepted', '!ResolvedRefs=AuthenticationNotFound'],
  ],
  [
    'a policy whose ServiceAccount is missing',
    [buildServer()],
    buildAuthorizationPolicy({ requiredAuthentications: [account] }),
    ['Accepted=Accepted', '!ResolvedRefs=ServiceAccountNotFound'],
  ],
  [
    'a policy of two networks',
    [buildServer(), buildNetworkAuthentication()],
    buildAuthorizationPolicy({ requiredAuthentications: [networks, networks] }),
    ['!Accepted=Invalid', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'an authentication of a missing ServiceAccount',
    [],
    buildMeshTls({ identityRefs: [account] }),
    ['!ResolvedRefs=ServiceAccountNotFound'],
  ],
  [
    'an authentication of a ServiceAccount',
    [buildServiceAccount(account)],
    buildMeshTls({ identityRefs: [account] }),
    ['ResolvedRefs=ResolvedRefs'],
  ],
  [
    'an authentication of a missing namespace',
    [],
    buildMeshTls({ identityRefs: [{ kind: 'Namespace', name: 'pay' }] }),
    ['!ResolvedRefs=NamespaceNotFound'],
  ],
  [
    'an authentication of a namespace',
    [buildNamespace({ name: 'pay' })],
    buildMeshTls({ identityRefs: [{ kind: 'Namespace', name: 'pay' }] }),
    ['ResolvedRefs=ResolvedRefs'],
  ],
  ['a ServerAuthorization', [buildServer()], buildServerAuthorization(), ['Accepted=Accepted']],
  ['a ServerAuthorization of no Server', [], buildServerAuthorization(), ['!Accepted=NoMatchingTarget']],
  [
    'a ServerAuthorization that selects no Server',
    [buildServer()],
    buildServerAuthorization({ server: { kind: 'selector', selector: selectorOf({ a: 'b' }) } }),
    ['!Accepted=NoMatchingTarget'],
  ],
  ['a rate limit', [buildServer()], buildRateLimit(), ['Accepted=Accepted']],
  ['a rate limit of no Server', [], buildRateLimit(), ['!Accepted=NoMatchingTarget']],
  [
    'a rate limit younger than another',
    [buildServer(), buildRateLimit({ name: 'a', createdMs: -1 })],
    buildRateLimit(),
    ['!Accepted=RateLimitReasonAlreadyExists'],
  ],
  [
    'a rate limit of an opaque port',
    [buildServer({ proxyProtocol: 'opaque' })],
    buildRateLimit(),
    ['!Accepted=UnsupportedProtocol'],
  ],
  ['a rate limit of a gRPC port', [buildServer({ proxyProtocol: 'gRPC' })], buildRateLimit(), ['Accepted=Accepted']],
  ['a route on a Server', [buildServer()], buildHttpRoute(), ['web', 'Accepted=Accepted']],
  ['a route on no Server', [], buildHttpRoute(), ['web', '!Accepted=NoMatchingParent']],
  [
    'an HTTPRoute beside a GRPCRoute',
    [buildServer(), buildGrpcRoute()],
    buildHttpRoute(),
    ['web', '!Accepted=RouteReasonConflicted'],
  ],
  [
    'a GRPCRoute beside an HTTPRoute',
    [buildServer(), buildHttpRoute()],
    buildGrpcRoute(),
    ['web', 'Accepted=Accepted'],
  ],
  [
    'a route on a Service',
    [buildService()],
    buildHttpRoute({ parentRefs: [serviceParent] }),
    ['web', 'Accepted=Accepted', 'ResolvedRefs=ResolvedRefs', notEnforced],
  ],
  [
    'a route on no Service',
    [],
    buildHttpRoute({ parentRefs: [serviceParent] }),
    ['web', '!Accepted=NoMatchingParent', 'ResolvedRefs=ResolvedRefs'],
  ],
  [
    'a route to a Service',
    [buildService()],
    buildHttpRoute(toBackend('Service', 'web')),
    ['web', 'Accepted=Accepted', 'ResolvedRefs=ResolvedRefs', notEnforced],
  ],
  [
    'a route to a missing Service',
    [buildService()],
    buildHttpRoute(toBackend('Service', 'db')),
    ['web', 'Accepted=Accepted', '!ResolvedRefs=BackendNotFound', notEnforced],
  ],
  [
    'a route to something else',
    [buildService()],
    buildHttpRoute(toBackend('Bucket', 'db')),
    ['web', 'Accepted=Accepted', '!ResolvedRefs=InvalidKind', notEnforced],
  ],
  ['a route on a Gateway, which is not ours', [], buildHttpRoute({ parentRefs: [gateway] }), []],
  ['a pod, which has none', [], buildPod(), []],
])('%s', (_, objects, object, expected) => {
  expect(statusOf(objects, object)).toEqual(expected);
});

test.each<[string, readonly KubernetesObject[], KubernetesObject, readonly string[]]>([
  ['a Server alone', [buildPod()], buildServer(), []],
  [
    'a Server that takes nothing from the one before it',
    [buildPod(), buildServer({ name: 'a', createdMs: -1 })],
    buildServer(),
    ['web Accepted=ServerOverlap'],
  ],
  [
    'an older Server takes a port away',
    [buildPod(), buildServer()],
    buildServer({ name: 'a', createdMs: -1 }),
    ['web Accepted=ServerOverlap'],
  ],
  [
    'what was amiss before is not told again',
    [buildPod(), buildServer({ name: 'a', createdMs: -1 }), buildServer()],
    buildHttpRoute({ name: 'r' }),
    [],
  ],
  [
    'a GRPCRoute puts HTTPRoutes out of force',
    [buildServer(), buildHttpRoute({ name: 'r' })],
    buildGrpcRoute({ name: 'g' }),
    ['r Accepted=RouteReasonConflicted'],
  ],
])('%s: what there would be to mend', (_, objects, object, expected) => {
  const catalog = createCatalog(testOptions);
  catalog.reset(objects);
  const troubles = catalog.preview(object);
  expect(troubles.map(({ key, condition }) => `${key.name} ${condition.type}=${condition.reason}`)).toEqual(expected);
  expect(catalog.size).toBe(objects.length);
});
