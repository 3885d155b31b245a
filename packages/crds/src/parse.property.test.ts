import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesSelector } from './selector.ts';
import { parseForTest } from './testing/index.ts';
import { parseTimestamp } from './time.ts';

const versions = {
  'policy.linkerd.io': [
    'Server',
    'AuthorizationPolicy',
    'MeshTLSAuthentication',
    'NetworkAuthentication',
    'ServerAuthorization',
    'HTTPRoute',
    'HTTPLocalRateLimitPolicy',
    'EgressNetwork',
  ],
  'gateway.networking.k8s.io': ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'],
  'workload.linkerd.io': ['ExternalWorkload'],
  'linkerd.io': ['ServiceProfile'],
  'discovery.k8s.io': ['EndpointSlice'],
  apps: ['Deployment'],
  batch: ['CronJob'],
  '': ['Pod', 'Service', 'Namespace', 'ServiceAccount', 'Node'],
};

/** Words of the schemas, so that arbitrary values often get past the first field. */
const words = [
  'name',
  'namespace',
  'kind',
  'group',
  'spec',
  'status',
  'rules',
  'matches',
  'path',
  'value',
  'type',
  'headers',
  'method',
  'filters',
  'parentRefs',
  'backendRefs',
  'port',
  'podSelector',
  'matchLabels',
  'matchExpressions',
  'networks',
  'cidr',
  'except',
  'identities',
  'identityRefs',
  'targetRef',
  'requiredAuthenticationRefs',
  'client',
  'server',
  'meshTLS',
  'routes',
  'condition',
  'not',
  'all',
  'ports',
  'containers',
  'template',
  'endpoints',
  '__proto__',
  'constructor',
  'toString',
];

const key = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...words) }, fc.string());
const leaf = fc.oneof(
  fc.constantFrom(...words, 'Exact', 'Server', '10.0.0.0/8', '/', '*', ''),
  fc.jsonValue({ maxDepth: 0 }),
  fc.nat(70_000),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthIdentifier: 'value' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: false }),
  ),
}));

const object = fc
  .constantFrom(...Object.entries(versions).flatMap(([group, kinds]) => kinds.map((kind) => [group, kind] as const)))
  .chain(([group, kind]) =>
    fc.record(
      {
        apiVersion: fc
          .constantFrom('v1', 'v1alpha1', 'v1alpha2', 'v1beta1', 'v1beta2', 'v1beta3')
          .map((version) => (group === '' ? version : `${group}/${version}`)),
        kind: fc.constant(kind),
        metadata: fc.oneof(fc.constant({ name: 'a' }), value),
        spec: value,
        status: value,
      },
      { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
    ),
  );

test('whatever the value, parsing answers, and an answer without an object has an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), value, object), (input) => {
      const result = parseForTest(input);
      if (result.kind !== 'ignored') {
        const hasError = result.problems.some(({ severity }) => severity === 'error');
        expect(hasError).toBe(result.kind === 'invalid');
      }
    }),
    { numRuns: 3000 },
  );
});

test('times agree with the language', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('1900-01-01'), max: new Date('2300-01-01'), noInvalidDate: true }), (date) => {
      expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
    }),
  );
  expect(parseTimestamp('2026-01-31T13:00:00+01:00')).toBe(Date.parse('2026-01-31T12:00:00Z'));
  for (const text of ['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01', '2026-01-01T24:00:00Z', '']) {
    expect(parseTimestamp(text)).toBeUndefined();
  }
});

test('a selector and its contrary never agree', () => {
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), fc.constantFrom('x', 'y'));
  fc.assert(
    fc.property(
      labels,
      fc.constantFrom('a', 'b', 'constructor'),
      fc.subarray(['x', 'y'], { minLength: 1 }),
      (held, name, values) => {
        const holds = (expression: Parameters<typeof matchesSelector>[0]['matchExpressions'][number]) =>
          matchesSelector({ matchLabels: {}, matchExpressions: [expression] }, held);
        expect(holds({ operator: 'In', key: name, values })).toBe(!holds({ operator: 'NotIn', key: name, values }));
        expect(holds({ operator: 'Exists', key: name })).toBe(Object.hasOwn(held, name));
        expect(holds({ operator: 'DoesNotExist', key: name })).toBe(!Object.hasOwn(held, name));
      },
    ),
  );
});
