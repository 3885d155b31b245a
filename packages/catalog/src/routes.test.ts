import type { KubernetesObject } from '@heddle/crds/core';
import type { HttpRoute } from '@heddle/policy';
import { describe, expect, test } from 'vitest';
import {
  buildAuthorizationPolicy,
  buildGrpcRoute,
  buildHttpRoute,
  buildMeshTls,
  buildPod,
  buildServer,
} from './testing/index.ts';
import {
  anyIdentity,
  defaultRoute,
  getRoute,
  grant,
  policyOf,
  probeRoute,
  resource,
  routesOf,
} from './testing/policies.ts';

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
    ['by a regular expression', { matches: [{ path: { kind: 'regex', value: '/h.*' } }] }],
    ['by an expression that cannot be used', { matches: [{ path: { kind: 'regex', value: '(' } }] }],
  ])('that match the probe path %s end the exemption', (_, parts) => {
    expect(routesOf(policyOf([...base, buildHttpRoute(parts)]))).not.toContainEqual(healthz);
  });

  test.each<[string, Parameters<typeof buildHttpRoute>[0]]>([
    ['of another method', { matches: [{ method: 'POST', path: { kind: 'exact', value: '/healthz' } }] }],
    ['of another expression', { matches: [{ path: { kind: 'regex', value: '/api/.*' } }] }],
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

  test.each<['gRPC' | 'unknown', 'http2' | 'detect', { service?: string; method?: string }, string]>([
    ['gRPC', 'http2', { service: 'shop\\..*' }, '/(?:shop\\..*)/[^/]+'],
    ['gRPC', 'http2', { method: 'Get|List' }, '/[^/]+/(?:Get|List)'],
    ['unknown', 'detect', { service: 'a|b', method: '.*' }, '/(?:a|b)/(?:.*)'],
  ])('with regular expressions of services and methods are said as paths (%s)', (proxyProtocol, kind, method, path) => {
    const matches = [{ method: { kind: 'regex', ...method }, headers: [] }] as const;
    const policy = policyOf([buildPod(), buildServer({ proxyProtocol }), buildGrpcRoute({ matches })]);
    expect(policy?.protocol).toMatchObject({
      kind,
      routes: [{ rules: [{ matches: [{ method: 'POST', path: { kind: 'regex', value: path } }] }] }],
    });
  });

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
