import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from './manifest-file.ts';
import { formatManifestProblem } from './manifest-problem.ts';
import { parseObject } from './parse-object.ts';

const examples = join(import.meta.dirname, '../../../examples/booksapp/k8s');
const authorsPolicy = readFileSync(join(examples, 'authors-policy.yaml'), 'utf8');

const problemsOf = (text: string): string[] =>
  readManifest('dir/a.yaml', text, parseObject).problems.map(formatManifestProblem);

test('the policy of the booksapp example, as it stands', () => {
  const { objects, problems } = readManifest('authors-policy.yaml', authorsPolicy, parseObject);
  expect(problems).toEqual([]);
  expect(objects.map(({ object, line }) => [object.kind, object.metadata.name, line])).toEqual([
    ['HTTPRoute', 'authors-get-route', 4],
    ['AuthorizationPolicy', 'authors-get-policy', 25],
    ['MeshTLSAuthentication', 'authors-get-authn', 40],
  ]);
  const get = (value: string) => ({ method: 'GET', path: { kind: 'prefix', value }, headers: [], queryParams: [] });
  expect(objects.map(({ object }) => ('spec' in object ? object.spec : undefined))).toEqual([
    {
      parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', namespace: 'booksapp', name: 'authors' }],
      hostnames: [],
      rules: [{ matches: [get('/authors.json'), get('/authors/')], filters: [], backendRefs: [], timeouts: {} }],
    },
    {
      target: { kind: 'HTTPRoute', group: 'policy.linkerd.io', name: 'authors-get-route' },
      requiredAuthentications: [{ kind: 'MeshTLSAuthentication', namespace: 'booksapp', name: 'authors-get-authn' }],
    },
    {
      identities: [
        'books.booksapp.serviceaccount.identity.linkerd.cluster.local',
        'webapp.booksapp.serviceaccount.identity.linkerd.cluster.local',
      ],
      identityRefs: [],
    },
  ]);
});

test('a mistake is told with its line, its path and the mend', () => {
  expect(problemsOf(authorsPolicy.replace(/method: GET(?=\n---)/, 'method: FETCH'))).toEqual([
    'a.yaml:23 spec.rules[0].matches[1].method: "FETCH" is not an HTTP method; use one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH',
  ]);
});

test('all mistakes of a file are told, and nothing of it is taken', () => {
  const text = authorsPolicy
    .replace('kind: MeshTLSAuthentication\nmetadata', 'kind: MeshTlsAuthentication\nmetadata')
    .replace('spec:', 'sepc: {}\nspec:');
  expect(problemsOf(text)).toEqual([
    'a.yaml:9 sepc: unknown field; did you mean spec?',
    'a.yaml:42 kind: "MeshTlsAuthentication" is not a kind of policy.linkerd.io; did you mean MeshTLSAuthentication?',
  ]);
  expect(readManifest('a.yaml', text, parseObject).objects).toEqual([]);
});

const list = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: other, namespace: shop }
- apiVersion: v1
  kind: ServiceAccount
  metadata: { name: Web, namespace: shop }
`;

test('the items of a List count as objects of their own', () => {
  expect(problemsOf(list)).toEqual([
    'a.yaml:13 items[2].metadata.name: "Web" is not an object name; use lower-case letters, digits, "-" and "."',
  ]);
  const { objects } = readManifest('a.yaml', list.replace('Web', 'web'), parseObject);
  expect(objects.map(({ object, line, lineOf }) => [object.kind, line, lineOf(['metadata'])])).toEqual([
    ['Namespace', 4, 6],
    ['ServiceAccount', 11, 13],
  ]);
});

const header = 'apiVersion: policy.linkerd.io/v1alpha1\nkind: MeshTLSAuthentication\nmetadata: { name: a }\n';

test.each([
  [
    'a scalar where an object should be',
    'hello\n',
    'a.yaml:1 "hello" is not a Kubernetes object; write apiVersion, kind, metadata and spec',
  ],
  [
    'a list where an object should be',
    '- a\n',
    'a.yaml:1 a list is not a Kubernetes object; write apiVersion, kind, metadata and spec',
  ],
  [
    'a value that was left out',
    `${header}spec:\n  identities:\n`,
    'a.yaml:5 spec.identities: is empty; give it a value (a list) or remove the field',
  ],
  [
    'a text of a megabyte',
    `${header}spec:\n  identities: ["${'x'.repeat(1_000_000)}"]\n`,
    `a.yaml:5 spec.identities[0]: "${'x'.repeat(80)}"… (1000000 characters) is 1000000 characters long; at most 2048`,
  ],
  [
    'a regular expression that does not compile',
    `apiVersion: policy.linkerd.io/v1beta3\nkind: HTTPRoute\nmetadata: { name: a }\nspec:\n  rules:\n    - matches:\n        - path: { type: RegularExpression, value: "/(" }\n`,
    /a\.yaml:7 spec\.rules\[0\]\.matches\[0\]\.path\.value: "\/\(" is not a regular expression/,
  ],
])('%s', (_, text, expected) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(expected);
});
