import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp, decideTcp } from './decide.ts';
import { type Explanation, explain } from './explain.ts';
import { requestFrom } from './request-from.ts';
import {
  anybody,
  anyClient,
  anyPolicy,
  anyRequest,
  client,
  grant,
  httpPolicy,
  httpRoute,
  identities,
  identityOf,
  match,
} from './testing/index.ts';

const books = identityOf('books');
const booksapp = httpPolicy([
  httpRoute('authors-get', ['GET /authors/*'], [grant('authors-readers', identities(books))]),
]);

const ask = (who: string, method: string, target: string, policy = booksapp): Explanation =>
  explain(policy, client(who), requestFrom({ method, target }));

test('a permit names its route and authorization, and no other way', () => {
  const explanation = ask('books', 'GET', '/authors/1');
  expect(explanation).toMatchObject({
    verdict: { kind: 'permit' },
    routes: [{ route: { name: 'authors-get' }, isDeciding: true, missing: [] }],
    authorizations: [{ authorization: { name: 'authors-readers' }, scope: 'route', missing: [] }],
    nearest: [],
    suggestion: undefined,
  });
});

test.each<[string, string, string, readonly object[]]>([
  ['traffic', 'GET', '/authors/1', [{ kind: 'identity', wanted: books }]],
  ['plaintext', 'GET', '/authors/1', [{ kind: 'tls' }, { kind: 'identity', wanted: books }]],
  ['anonymous', 'GET', '/authors/1', [{ kind: 'identity', wanted: books }]],
  ['books', 'POST', '/authors/1', [{ kind: 'method', wanted: 'GET' }]],
  ['books', 'GET', '/admin', [{ kind: 'path', wanted: '/authors[/…]' }]],
  ['books', 'GET', '/authors/../admin', [{ kind: 'plainPath', readings: [] }]],
  ['books', 'GET', '/authors/%2e%2e', [{ kind: 'plainPath', readings: [] }]],
])('%s %s %s lacks %j', (who, method, target, missing) => {
  expect(ask(who, method, target).nearest).toEqual([
    {
      route: booksapp.protocol.kind === 'detect' && booksapp.protocol.routes[0]?.ref,
      authorization: expect.objectContaining({ name: 'authors-readers' }),
      missing,
    },
  ]);
});

test('everything that a match can want is told', () => {
  const wants = match('GET ~ /[a-z]+', {
    headers: [
      { kind: 'exact', name: 'x-a', value: '1' },
      { kind: 'regex', name: 'x-b', value: '[0-9]+' },
    ],
    queryParams: [{ kind: 'exact', name: 'q', value: '1' }],
  });
  const route = httpRoute('all', [wants], [grant('g', anybody, '192.0.2.0/24 except 192.0.2.1/32')], {
    hosts: [{ kind: 'suffix', reverseLabels: ['test', 'a'] }],
  });
  const { nearest } = explain(
    httpPolicy([route]),
    client('web'),
    requestFrom({ method: 'PUT', target: '/1', authority: 'a.test' }),
  );
  expect(nearest[0]?.missing).toEqual([
    { kind: 'host', wanted: '*.a.test' },
    { kind: 'method', wanted: 'GET' },
    { kind: 'path', wanted: '~ /[a-z]+' },
    { kind: 'header', name: 'x-a', wanted: '1' },
    { kind: 'header', name: 'x-b', wanted: '~ [0-9]+' },
    { kind: 'query', name: 'q', wanted: '1' },
    { kind: 'network', wanted: '192.0.2.0/24 except 192.0.2.1/32' },
  ]);
});

test('the nearest way comes first, and there are no more than asked for', () => {
  const routes = [
    httpRoute('far', ['POST /x'], [grant('g', anybody)]),
    httpRoute('near', ['GET /x'], [grant('g', anybody)]),
  ];
  const explanation = explain(httpPolicy(routes), client('web'), requestFrom({ target: '/y' }), { maxWays: 1 });
  expect(explanation.nearest).toMatchObject([{ route: { name: 'near' } }]);
});

test('a route that is not asked says who took the request', () => {
  const routes = [httpRoute('all', ['*'], [grant('g', anybody)]), httpRoute('admin', ['/admin'])];
  const { verdict, nearest } = ask('web', 'GET', '/admin', httpPolicy(routes));
  expect(verdict).toMatchObject({ reason: 'unauthorized', route: { name: 'admin' } });
  expect(nearest).toMatchObject([
    { route: { name: 'all' }, missing: [{ kind: 'precedence', takenBy: { name: 'admin' } }] },
  ]);
});

test('a rule that cannot be evaluated says why', () => {
  const { nearest } = ask('web', 'GET', '/a', httpPolicy([httpRoute('broken', ['~ ('], [grant('g', anybody)])]));
  expect(nearest[0]?.missing).toEqual([{ kind: 'validRule', problems: [expect.stringMatching(/not RE2/)] }]);
});

test('a connection that is not HTTP', () => {
  const explanation = explain(httpPolicy([httpRoute('r', ['*'])], [grant('g', identities('x.test'))]), client('web'));
  expect(explanation).toMatchObject({
    verdict: { reason: 'unauthorized' },
    routes: [],
    authorizations: [{ scope: 'server' }],
    nearest: [{ route: undefined, missing: [{ kind: 'identity', wanted: 'x.test' }, { kind: 'http' }] }],
  });
});

test('the suggestion for a client that is not granted a route', () => {
  expect(ask('traffic', 'GET', '/authors/1').suggestion).toEqual({
    text: `grant ${identityOf('traffic')} on httproute shop/authors-get`,
    yaml: `apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata:
  name: authors-get-from-traffic
  namespace: shop
spec:
  targetRef:
    group: policy.linkerd.io
    kind: HTTPRoute
    name: authors-get
  requiredAuthenticationRefs:
    - group: policy.linkerd.io
      kind: MeshTLSAuthentication
      name: authors-get-from-traffic
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata:
  name: authors-get-from-traffic
  namespace: shop
spec:
  identities:
    - "${identityOf('traffic')}"
`,
  });
});

test('the suggestion for a request without a route brings one', () => {
  const { suggestion } = ask('spiffe://test/web', 'GET', '/admin/users?x=1');
  expect(suggestion?.text).toBe(
    'add a route for GET /admin/users to server shop/web and grant spiffe://test/web on it',
  );
  expect(suggestion?.yaml).toContain(`metadata:
  name: web-admin-users
  namespace: shop
spec:
  parentRefs:
    - group: policy.linkerd.io
      kind: Server
      name: web
  rules:
    - matches:
        - path:
            type: Exact
            value: "/admin/users"
          method: GET
---
`);
  expect(suggestion?.yaml).toContain('  name: web-admin-users-from-spiffe-test-web\n');
});

test.each([
  [ask('plaintext', 'GET', '/authors/1'), /mesh it/],
  [
    explain({ ...booksapp, server: { kind: 'default', name: 'deny' } }, client('web'), requestFrom({})),
    /default:deny decides here/,
  ],
])('a suggestion that no resource alone can follow', ({ suggestion }, text) => {
  expect(suggestion?.text).toMatch(text);
  expect(suggestion?.yaml).toBeUndefined();
});

test('nothing is suggested for what no grant can mend', () => {
  expect(ask('books', 'GET', '/authors/../x').suggestion).toBeUndefined();
});

test('explain agrees with decide, and what lacks nothing is what decided', () => {
  fc.assert(
    fc.property(anyPolicy, anyClient, fc.option(anyRequest, { nil: undefined }), (policy, facts, request) => {
      const explanation = explain(policy, facts, request, { maxWays: 1000 });
      const { verdict } = explanation;
      const connection = forConnection(compilePolicy(policy), facts);
      expect(verdict).toEqual(request === undefined ? decideTcp(connection) : decideHttp(connection, request));

      const grants = explanation.authorizations.filter(({ missing }) => missing.length === 0);
      if (verdict.kind === 'permit') expect(grants[0]?.authorization).toEqual(verdict.authorization);
      else if (verdict.reason === 'unauthorized') expect(grants).toEqual([]);

      const isMatched = explanation.routes.some(({ missing }) => missing.length === 0);
      if (verdict.kind === 'deny' && verdict.reason === 'noRoute') expect(isMatched).toBe(false);
      if (verdict.route !== undefined) expect(isMatched).toBe(true);
      // A way in that lacked nothing would have been a permit.
      for (const way of explanation.nearest) expect(way.missing).not.toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test('the suggested grant, once in the policy, permits', () => {
  fc.assert(
    fc.property(anyPolicy, anyClient, anyRequest, (policy, facts, request) => {
      const { verdict, suggestion } = explain(policy, facts, request);
      if (verdict.kind === 'permit' || verdict.reason !== 'unauthorized' || suggestion?.yaml === undefined) return;
      if (facts.tls.kind !== 'mutual') throw new Error('only identities are granted');
      const suggested = {
        ...grant('suggested', anybody),
        authentication: { kind: 'identities', identities: [facts.tls.identity], suffixes: [] },
      } as const;
      const granted = { ...policy, authorizations: [...policy.authorizations, suggested] };
      const after = explain(granted, facts, request).verdict;
      if (after.kind === 'deny') expect(['ambiguousPath', 'invalidPolicy']).toContain(after.reason);
    }),
  );
});
