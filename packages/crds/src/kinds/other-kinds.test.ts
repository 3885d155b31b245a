/** GRPCRoute, HTTPLocalRateLimitPolicy, ExternalWorkload and ServiceProfile. */
import { expect, test } from 'vitest';
import { objectOf, problemsOf } from '../testing/index.ts';
import { gatewayObject, policyObject, serverParent } from '../testing/manifest.ts';

type Value = Readonly<Record<string, unknown>>;

const grpcRoute = (spec: Value) => gatewayObject('GRPCRoute', 'v1', { parentRefs: [serverParent], ...spec });
const withMethod = (method: Value): Value => ({ rules: [{ matches: [{ method }] }] });

test('GRPCRoute in its internal form', () => {
  const rules = [
    {
      name: 'reads',
      matches: [
        { method: { service: 'shop.Books', method: 'Get' }, headers: [{ name: 'X-A', value: '1' }] },
        { method: { service: 'shop.Books', method: '' } },
      ],
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['X-B'] } }],
      backendRefs: [{ name: 'books', port: 80 }],
    },
  ];
  expect(objectOf(grpcRoute({ hostnames: ['a.example'], rules }))).toMatchObject({
    group: 'gateway.networking.k8s.io',
    kind: 'GRPCRoute',
    spec: {
      hostnames: ['a.example'],
      rules: [
        {
          name: 'reads',
          matches: [
            {
              method: { kind: 'exact', service: 'shop.Books', method: 'Get' },
              headers: [{ kind: 'exact', name: 'x-a', value: '1' }],
            },
            { method: { kind: 'exact', service: 'shop.Books', method: undefined }, headers: [] },
          ],
          filters: [{ kind: 'requestHeaders', remove: ['x-b'] }],
          backendRefs: [{ kind: 'Service', name: 'books', port: 80 }],
        },
      ],
    },
  });
  expect(objectOf(grpcRoute({}))).toMatchObject({ spec: { rules: [{ matches: [], filters: [], backendRefs: [] }] } });
});

const method0 = 'spec.rules[0].matches[0].method';

test.each<[Value, string[]]>([
  [
    withMethod({}),
    [`${method0}: names neither a service nor a method; name one of them, or remove it to match every call`],
  ],
  [
    withMethod({ service: '/shop.Books' }),
    [`${method0}.service: "/shop.Books" is not a gRPC service name; write package.Service, without slashes`],
  ],
  [
    withMethod({ method: 'Get/Book' }),
    [`${method0}.method: "Get/Book" is not a gRPC method name; write the bare name, without slashes`],
  ],
  [
    withMethod({ type: 'RegularExpression', method: '(' }),
    [
      `${method0}.method: "(" is not a regular expression (RE2): missing )`,
      `warning: ${method0}.type: regular expressions of gRPC methods cannot be enforced: this match never holds`,
    ],
  ],
  [
    withMethod({ type: 'Prefix', method: 'a' }),
    [`${method0}.type: "Prefix" is not a match type; use one of Exact, RegularExpression`],
  ],
  [
    { rules: [{ filters: [{ type: 'RequestRedirect' }] }] },
    [
      'spec.rules[0].filters[0].type: "RequestRedirect" is not a filter this route takes; use one of RequestHeaderModifier, ResponseHeaderModifier, RequestMirror, ExtensionRef',
    ],
  ],
  [
    { rules: [{ backendRefs: [{ name: 'books' }] }] },
    ['spec.rules[0].backendRefs[0].port: is required: the port of the Service; without it the backend answers 500'],
  ],
])('GRPCRoute %j', (spec, expected) => {
  expect(problemsOf(grpcRoute(spec))).toEqual(expected);
});

const rateLimit = (spec: Value) =>
  policyObject('HTTPLocalRateLimitPolicy', 'v1alpha1', { targetRef: serverParent, ...spec });
const rps = (requestsPerSecond: number) => ({ requestsPerSecond });

test('HTTPLocalRateLimitPolicy in its internal form', () => {
  const overrides = [
    {
      ...rps(50),
      clientRefs: [
        { kind: 'ServiceAccount', name: 'a', namespace: 'b' },
        { kind: 'ServiceAccount', name: 'c' },
      ],
    },
  ];
  expect(objectOf(rateLimit({ total: rps(100), identity: rps(10), overrides }))).toMatchObject({
    spec: {
      server: { name: 'web' },
      total: 100,
      identity: 10,
      overrides: [
        {
          requestsPerSecond: 50,
          serviceAccounts: [
            { namespace: 'b', name: 'a' },
            { namespace: 'shop', name: 'c' },
          ],
        },
      ],
    },
  });
});

const neverReached = (value: number) =>
  `${value} is above total.requestsPerSecond, 100, so it is never reached; lower it or raise the total`;

test.each<[Value, string[]]>([
  [
    { targetRef: { kind: 'Service', name: 'web' } },
    ['spec.targetRef.kind: "Service" cannot be limited; use kind Server with group policy.linkerd.io'],
  ],
  [{ total: rps(0) }, ['spec.total.requestsPerSecond: 0 is out of range; at least 1']],
  [{ total: rps(1.5) }, ['spec.total.requestsPerSecond: 1.5 is not a whole number']],
  [{ identity: {} }, ['spec.identity.requestsPerSecond: is required: requests per second, at least 1']],
  [{ total: rps(100), identity: rps(101) }, [`spec.identity.requestsPerSecond: ${neverReached(101)}`]],
  [
    { total: rps(100), overrides: [{ ...rps(200), clientRefs: [] }] },
    [`spec.overrides[0].requestsPerSecond: ${neverReached(200)}`],
  ],
  [
    { overrides: [{ ...rps(2), clientRefs: [{ kind: 'Namespace', name: 'x' }] }] },
    ['spec.overrides[0].clientRefs[0].kind: "Namespace" is not a client; use ServiceAccount, without a group'],
  ],
])('HTTPLocalRateLimitPolicy %j is refused', (spec, expected) => {
  expect(problemsOf(rateLimit(spec))).toEqual(expected);
});

const external = (version: string, spec: Value, status?: Value) => ({
  apiVersion: `workload.linkerd.io/${version}`,
  kind: 'ExternalWorkload',
  metadata: { name: 'vm', namespace: 'shop' },
  spec,
  ...(status && { status }),
});
const meshTls = { identity: 'spiffe://example.org/vm', serverName: 'vm.example' };

test('ExternalWorkload: both versions come to one form', () => {
  const rest = { ports: [{ port: 80 }], workloadIPs: [{ ip: '192.0.2.1' }] };
  const ready = {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  };
  const expected = {
    group: 'workload.linkerd.io',
    spec: { meshTls, ports: [{ port: 80, protocol: 'TCP' }], workloadIps: [{ kind: 'v4', bits: 0xc0_00_02_01 }] },
  };
  expect(objectOf(external('v1alpha1', { meshTls, ...rest }, ready))).toMatchObject({
    ...expected,
    status: { isReady: true },
  });
  expect(objectOf(external('v1beta1', { meshTLS: meshTls, ...rest }))).toMatchObject({
    ...expected,
    status: { isReady: false },
  });
});

test.each<[string, Value, string[]]>([
  [
    'v1beta1',
    { meshTls },
    [
      'spec.meshTLS: is required: how the workload is known in the mesh',
      'spec.meshTls: unknown field; did you mean meshTLS?',
    ],
  ],
  [
    'v1beta1',
    { meshTLS: meshTls, ports: [{ port: '80' }] },
    ['spec.ports[0].port: "80" is text, not a number; write it without quotes'],
  ],
  [
    'v1beta1',
    { meshTLS: meshTls, workloadIPs: [{ ip: 'vm.example' }] },
    ['spec.workloadIPs[0].ip: "vm.example" is not an IP address; write it like 10.0.0.1 or fd00::1'],
  ],
  [
    'v1alpha1',
    { meshTls, workloadIPs: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }] },
    ['spec.workloadIPs: has 2 entries; at most 1 are allowed'],
  ],
])('ExternalWorkload %s %j is refused', (version, spec, expected) => {
  expect(problemsOf(external(version, spec))).toEqual(expected);
});

const profile = (spec: Value, version = 'v1alpha2') => ({
  apiVersion: `linkerd.io/${version}`,
  kind: 'ServiceProfile',
  metadata: { name: 'web.shop.svc.cluster.local', namespace: 'shop' },
  spec,
});
const route = (condition: Value, more: Value = {}): Value => ({ routes: [{ name: 'r', condition, ...more }] });

test('ServiceProfile in its internal form', () => {
  const condition = { method: 'GET', any: [{ pathRegex: '/a' }, { not: { method: 'PUT' } }] };
  const responseClasses = [{ condition: { status: { min: 500 } }, isFailure: true }];
  const spec = {
    ...route(condition, { responseClasses, isRetryable: true, timeout: '250ms' }),
    retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttl: '10s' },
    dstOverrides: [
      { authority: 'v2.shop', weight: '500m' },
      { authority: 'v1.shop', weight: 1 },
    ],
    opaquePorts: ['3306', '8000-8010'],
  };
  expect(objectOf(profile(spec))).toMatchObject({
    spec: {
      routes: [
        {
          name: 'r',
          condition: {
            kind: 'all',
            conditions: [
              {
                kind: 'any',
                conditions: [
                  { kind: 'path', regex: '/a' },
                  { kind: 'not', condition: { kind: 'method', method: 'PUT' } },
                ],
              },
              { kind: 'method', method: 'GET' },
            ],
          },
          responseClasses: [{ condition: { kind: 'status', min: 500, max: 599 }, isFailure: true }],
          isRetryable: true,
          timeoutMs: 250,
        },
      ],
      retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
      dstOverrides: [
        { authority: 'v2.shop', weight: 0.5 },
        { authority: 'v1.shop', weight: 1 },
      ],
      opaquePorts: [
        { from: 3306, to: 3306 },
        { from: 8000, to: 8010 },
      ],
    },
  });
});

const condition0 = 'spec.routes[0].condition';

test.each<[string, Value, string[]]>([
  ['v1alpha1', {}, ['spec.routes: is required: the routes of the service']],
  ['v1alpha2', route({}), [`${condition0}: is empty; name at least one condition`]],
  ['v1alpha2', route({ not: {} }), [`${condition0}.not: is empty; name at least one condition`]],
  ['v1alpha2', route({ any: [{ methd: 'GET' }] }), [`${condition0}.any[0].methd: unknown field; did you mean method?`]],
  [
    'v1alpha2',
    route({ pathRegex: '(' }),
    [`${condition0}.pathRegex: "(" is not a regular expression (RE2): missing )`],
  ],
  [
    'v1alpha2',
    route({ method: 'GET' }, { responseClasses: [{ condition: { status: { min: 500, max: 400 } } }] }),
    ['spec.routes[0].responseClasses[0].condition.status.min: 500 is above max, 400'],
  ],
  [
    'v1alpha2',
    route({ method: 'GET' }, { timeout: 'soon' }),
    ['spec.routes[0].timeout: "soon" is not a duration; write a number and ms, s, m, h or d, like 250ms or 10s'],
  ],
  [
    'v1alpha2',
    { opaquePorts: ['80-70'] },
    ['spec.opaquePorts[0]: "80-70" is not a port; use a number or a range such as 8000-8010'],
  ],
  [
    'v1alpha2',
    { dstOverrides: [{ authority: 'x', weight: 'half' }] },
    ['spec.dstOverrides[0].weight: "half" is not a weight; use a number, or 500m for a half'],
  ],
])('ServiceProfile %s %j is refused', (version, spec, expected) => {
  expect(problemsOf(profile(spec, version))).toEqual(expected);
});
