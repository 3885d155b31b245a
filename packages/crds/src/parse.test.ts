import { expect, test } from 'vitest';
import { objectOf, parseForTest, problemsOf } from './testing/index.ts';
import { policyObject, serverSpec } from './testing/manifest.ts';

const kinds =
  'the mesh reads Server, AuthorizationPolicy, MeshTLSAuthentication, NetworkAuthentication, ServerAuthorization, ' +
  'HTTPRoute, HTTPLocalRateLimitPolicy or EgressNetwork';

test.each([
  [undefined, ['undefined is not a Kubernetes object; write apiVersion, kind, metadata and spec']],
  [[], ['an empty list is not a Kubernetes object; write apiVersion, kind, metadata and spec']],
  ['text', ['"text" is not a Kubernetes object; write apiVersion, kind, metadata and spec']],
  [{}, ['apiVersion: is required, such as policy.linkerd.io/v1beta3']],
  [{ apiVersion: 1 }, ['apiVersion: 1 is not text; write it such as policy.linkerd.io/v1beta3']],
  [{ apiVersion: 'v1' }, ['kind: is required, such as Server']],
  [
    { apiVersion: 'policy.linkerd.io/v1', kind: 'Server' },
    [
      'apiVersion: "v1" is not a version of Server; use policy.linkerd.io/v1alpha1, policy.linkerd.io/v1beta1, policy.linkerd.io/v1beta2, policy.linkerd.io/v1beta3',
    ],
  ],
  [
    { apiVersion: 'policy.linkerd.io/v1beta3', kind: 'Sever' },
    ['kind: "Sever" is not a kind of policy.linkerd.io; did you mean Server?'],
  ],
  [
    { apiVersion: 'policy.linkerd.io/v1beta3', kind: 'Firewall' },
    [`kind: "Firewall" is not a kind of policy.linkerd.io; ${kinds}`],
  ],
  [
    { apiVersion: 'policy.linkerd.oi/v1beta3', kind: 'Server' },
    [
      'apiVersion: "policy.linkerd.oi" is not the group of Server; use policy.linkerd.io/v1alpha1, policy.linkerd.io/v1beta1, policy.linkerd.io/v1beta2, policy.linkerd.io/v1beta3',
    ],
  ],
  [{ apiVersion: 'v1', kind: 'Deployment' }, ['apiVersion: "" is not the group of Deployment; use apps/v1']],
  [{ apiVersion: 'v1', kind: 'Servce' }, ['kind: "Servce" is not a kind of the core group; did you mean Service?']],
  [{ apiVersion: 'v1', kind: 'ConfigMap' }, ['ignored: the mesh does not read objects of kind "ConfigMap"']],
  [
    { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
    ['ignored: the mesh does not read objects of kind "Service"'],
  ],
  [
    { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
    ['ignored: the mesh does not read objects of kind "Ingress"'],
  ],
  [{ apiVersion: 'example.org/v1', kind: 'Anything' }, ['ignored: the mesh does not read objects of kind "Anything"']],
])('%j', (value, expected) => {
  expect(problemsOf(value)).toEqual(expected);
});

const server = (metadata: Readonly<Record<string, unknown>>) => policyObject('Server', 'v1beta3', serverSpec, metadata);

test.each([
  [{ name: undefined }, ['metadata.name: is required: the name of the object']],
  [{ name: 'Web' }, ['metadata.name: "Web" is not an object name; use lower-case letters, digits, "-" and "."']],
  [{ namespace: 'a.b' }, ['metadata.namespace: "a.b" is not a namespace name; use lower-case letters, digits and "-"']],
  [{ labels: { app: 1 } }, ['metadata.labels.app: 1 is not a string']],
  [
    { labels: { app: 'a b' } },
    ['metadata.labels.app: "a b" is not a label value; use letters, digits, "-", "_" and "."'],
  ],
  [{ labels: { 'a b': 'x' } }, ['metadata.labels["a b"]: is not a valid name here']],
  [{ annotations: { a: true } }, ['metadata.annotations.a: true is not a string']],
  [{ lables: {} }, ['metadata.lables: unknown field; did you mean labels?']],
  [
    { creationTimestamp: 'yesterday' },
    ['metadata.creationTimestamp: is not an RFC 3339 time such as 2026-01-31T12:00:00Z'],
  ],
])('metadata %j is refused', (metadata, expected) => {
  expect(problemsOf(server(metadata))).toEqual(expected);
});

test('metadata in its internal form', () => {
  const metadata = {
    uid: 'u',
    creationTimestamp: '2026-01-31T12:00:00Z',
    deletionTimestamp: null,
    labels: { a: '', 'example.org/b': 'c' },
    annotations: null,
    resourceVersion: '7',
    generation: 2,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'v', controller: true }],
    managedFields: [{ manager: 'kubectl' }],
  };
  expect(objectOf(server(metadata)).metadata).toEqual({
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    creationTimestampMs: 1_769_860_800_000,
    deletionTimestampMs: undefined,
    labels: { a: '', 'example.org/b': 'c' },
    annotations: {},
    resourceVersion: '7',
    generation: 2,
    ownerReferences: [{ group: 'apps', kind: 'ReplicaSet', name: 'r', uid: 'v', isController: true }],
  });
  expect(objectOf(server({ namespace: undefined })).metadata.namespace).toBe('default');
});

test('a cluster-scoped object is in no namespace', () => {
  const node = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', namespace: 'odd' } };
  expect(objectOf(node).metadata.namespace).toBe('');
});

test('a message quotes a long value cut', () => {
  const [problem = ''] = problemsOf(server({ name: 'x'.repeat(1_000_000) }));
  expect(problem.length).toBeLessThan(200);
  expect(problem).toContain('1000000 characters');
});

test('the problems of one object are bounded', () => {
  const spec = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, 1]));
  expect(problemsOf(policyObject('Server', 'v1beta3', spec))).toHaveLength(50);
});

test('deep nesting is refused, whatever the kind', () => {
  let condition: unknown = { method: 'GET' };
  for (let depth = 0; depth < 100_000; depth++) condition = { not: condition };
  const routes = [{ name: 'r', condition }];
  const value = {
    apiVersion: 'linkerd.io/v1alpha2',
    kind: 'ServiceProfile',
    metadata: { name: 'p' },
    spec: { routes },
  };
  expect(problemsOf(value)).toEqual(['the object is nested deeper than 64 levels']);
});

test('names that every object inherits are unknown fields like others', () => {
  const value: unknown = JSON.parse(
    '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a","__proto__":{"x":1},"constructor":1}}',
  );
  expect(parseForTest(value).kind).toBe('invalid');
});
