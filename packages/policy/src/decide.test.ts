import { expect, test } from 'vitest';
import { compilePolicy, type PolicyOptions } from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp, decideTcp } from './decide.ts';
import { defaultPolicy } from './defaults.ts';
import type { ConnectionFacts, HttpRoute, InboundPolicy } from './model.ts';
import { type RequestData, requestFrom } from './request-from.ts';
import {
  anybody,
  client,
  grant,
  grpcRoute,
  httpPolicy,
  httpRoute,
  identities,
  identityOf,
  match,
  resourceRef,
} from './testing/index.ts';
import type { Verdict } from './verdict.ts';

/** `permit <route> by <authorization>`, or `<reason> <route>`. */
const inWords = (verdict: Verdict): string =>
  verdict.kind === 'permit'
    ? `permit ${verdict.route?.name ?? '-'} by ${verdict.authorization.name}`
    : `${verdict.reason} ${verdict.route?.name ?? '-'}`;

const http = (policy: InboundPolicy, who: ConnectionFacts, request: RequestData, options?: PolicyOptions): string =>
  inWords(decideHttp(forConnection(compilePolicy(policy, options), who), requestFrom(request)));

/** A request line: `GET /path`. */
const line = (text: string): RequestData => {
  const [method, target = ''] = text.split(' ');
  return { method, target };
};

// The mission's example, as the catalog derives it.
const booksapp = httpPolicy([
  httpRoute(
    'authors-get-route',
    ['GET /authors.json/*', 'GET /authors/*'],
    [grant('authors-get-policy', identities(identityOf('books'), identityOf('webapp')))],
  ),
]);

test.each([
  ['books', 'GET /authors.json', 'permit authors-get-route by authors-get-policy'],
  ['webapp', 'GET /authors/1?full=1', 'permit authors-get-route by authors-get-policy'],
  ['webapp', 'GET /authors', 'permit authors-get-route by authors-get-policy'],
  ['traffic', 'GET /authors.json', 'unauthorized authors-get-route'],
  ['plaintext', 'GET /authors/1', 'unauthorized authors-get-route'],
  ['anonymous', 'GET /authors/1', 'unauthorized authors-get-route'],
  ['books', 'POST /authors.json', 'noRoute -'],
  ['books', 'HEAD /authors.json', 'noRoute -'],
  ['books', 'get /authors.json', 'noRoute -'],
  ['books', 'GET /admin', 'noRoute -'],
  ['books', 'GET /authors.jsonx', 'noRoute -'],
  ['books', 'GET /authors/../admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors/%2e%2e/admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors/..%2fadmin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors/%252e%252e/admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors/..;/admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors\\..\\admin', 'noRoute -'],
  ['books', 'GET /authors/\\..\\admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET //authors/1', 'noRoute -'],
  ['books', 'GET /authors//admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors/#/admin', 'ambiguousPath authors-get-route'],
  ['books', 'GET /authors/Ana%20Mar%C3%ADa', 'permit authors-get-route by authors-get-policy'],
  ['books', 'GET /authors/1;v=2', 'permit authors-get-route by authors-get-policy'],
  ['books', 'GET authors/1', 'ambiguousPath -'],
  ['books', 'GET http://authors/authors/1', 'ambiguousPath -'],
  ['books', 'GET *', 'ambiguousPath -'],
  ['books', 'OPTIONS *', 'noRoute -'],
  ['books', 'CONNECT admin:80', 'noRoute -'],
  // Who may not is told so, however the path is spelled.
  ['traffic', 'GET /authors/../admin', 'unauthorized authors-get-route'],
])('%s asks the booksapp for %s: %s', (who, request, expected) => {
  expect(http(booksapp, client(who), line(request))).toBe(expected);
});

const openFor = (name: string): readonly [ReturnType<typeof grant>] => [grant(`to-${name}`, anybody)];
const open = (name: string, matches: Parameters<typeof httpRoute>[1], more?: Partial<HttpRoute>): HttpRoute =>
  httpRoute(name, matches, openFor(name), more);
const header = { kind: 'exact', name: 'x', value: '1' } as const;
const query = { kind: 'exact', name: 'q', value: '1' } as const;
const everything: RequestData = { method: 'GET', target: '/a/b?q=1', authority: 'a.test', headers: [['x', '1']] };

// Each list is in descending order of precedence; the first route must win wherever it stands.
test.each<[string, readonly HttpRoute[]]>([
  [
    'hosts',
    [
      open('exact host', ['*'], { hosts: [{ kind: 'exact', host: 'a.test' }] }),
      open('suffix host', ['/a/b'], { hosts: [{ kind: 'suffix', reverseLabels: ['test'] }] }),
      open('any host', [match('GET /a/b', { headers: [header], queryParams: [query] })]),
    ],
  ],
  [
    'path length',
    [open('exact', ['/a/b']), open('prefix', [match('GET /a/*', { headers: [header] })]), open('all', ['GET'])],
  ],
  ['a regular expression is as long as the path', [open('regex', ['~ /.*b']), open('prefix', ['/a/*'])]],
  [
    'method',
    [open('method', ['GET /a/b']), open('header', [match('/a/b', { headers: [header], queryParams: [query] })])],
  ],
  [
    'headers',
    [open('header', [match('/a/b', { headers: [header] })]), open('query', [match('/a/b', { queryParams: [query] })])],
  ],
  ['query', [open('query', [match('/a/b', { queryParams: [query] })]), open('path', ['/a/b'])]],
  ['a match of many', [open('second match', ['/x', '/a/b']), open('prefix', ['/a/*', '/a/*'])]],
])('precedence: %s', (_, routes) => {
  const best = `permit ${routes[0]?.ref.name} by to-${routes[0]?.ref.name}`;
  expect(http(httpPolicy(routes), client('web'), everything)).toBe(best);
  expect(http(httpPolicy(routes.toReversed()), client('web'), everything)).toBe(best);
});

test('among equals the first in the policy wins, an exact path and a prefix of the same length included', () => {
  const [exact, prefix] = [open('exact', ['/a/b']), open('prefix', ['/a/b/*'])];
  expect(http(httpPolicy([exact, prefix]), client('web'), everything)).toBe('permit exact by to-exact');
  expect(http(httpPolicy([prefix, exact]), client('web'), everything)).toBe('permit prefix by to-prefix');
});

test('the path `/` is as long as every path: a method goes before it, else the first', () => {
  const [root, all, get] = [open('root', ['/']), open('all', ['*']), open('get', ['GET'])];
  expect(http(httpPolicy([root, get]), client('web'), line('GET /'))).toBe('permit get by to-get');
  expect(http(httpPolicy([root, get]), client('web'), line('POST /'))).toBe('permit root by to-root');
  expect(http(httpPolicy([all, root]), client('web'), line('GET /'))).toBe('permit all by to-all');
  expect(http(httpPolicy([root, all]), client('web'), line('GET /a'))).toBe('permit all by to-all');
  expect(http(httpPolicy([root, all]), client('web'), line('OPTIONS *'))).toBe('permit all by to-all');
});

test('a route without its host is skipped, and a host that is none is refused', () => {
  const policy = httpPolicy([
    open('host', ['/a/*'], { hosts: [{ kind: 'exact', host: 'a.test' }] }),
    open('any', ['*']),
  ]);
  const ask = (authority: string): string => http(policy, client('web'), { target: '/a', authority });
  expect(ask('A.test.:80')).toBe('permit host by to-host');
  expect(ask('b.test')).toBe('permit any by to-any');
  expect(ask('')).toBe('permit any by to-any');
  expect(ask('evil@a.test')).toBe('ambiguousHost -');
  // Where no route asks for a host, none is looked at.
  expect(http(httpPolicy([open('any', ['*'])]), client('web'), { authority: 'evil@a.test' })).toBe(
    'permit any by to-any',
  );
});

test("a route's grants come before the server's, which reach every route", () => {
  const policy = httpPolicy(
    [httpRoute('r', ['/a'], [grant('on-route', identities('*'))]), httpRoute('s', ['/b'])],
    [grant('on-server', anybody)],
  );
  expect(http(policy, client('web'), { target: '/a' })).toBe('permit r by on-route');
  expect(http(policy, client('plaintext'), { target: '/a' })).toBe('permit r by on-server');
  expect(http(policy, client('web'), { target: '/b' })).toBe('permit s by on-server');
});

test('the workload itself is always allowed, where there is a route', () => {
  const local: ConnectionFacts = { ...client('plaintext', '127.0.0.1'), isLocal: true };
  expect(http(booksapp, local, line('GET /authors/1'))).toBe('permit authors-get-route by localhost');
  expect(http(booksapp, local, line('GET /admin'))).toBe('noRoute -');
  expect(http(booksapp, local, line('GET /authors/../admin'))).toBe('ambiguousPath authors-get-route');
  expect(inWords(decideTcp(forConnection(compilePolicy(defaultPolicy('deny', [], { timeoutMs: 1 })), local)))).toBe(
    'permit - by localhost',
  );
});

test('a client to whom everything is open may spell paths as it likes; others may not', () => {
  const policy = httpPolicy(
    [httpRoute('all', ['*']), httpRoute('admin', ['/admin'])],
    [grant('admins', identities('root.test')), grant('staff', identities('*'), '192.0.2.0/24')],
  );
  expect(http(policy, client('root.test'), line('GET /x/..%2fadmin'))).toBe('permit all by admins');
  expect(http(policy, client('web', '192.0.2.1'), line('GET /x/..%2fadmin'))).toBe('permit all by staff');
  const split = httpPolicy([
    open('all', ['*']),
    httpRoute('admin', ['/admin'], [grant('admins', identities('root.test'))]),
  ]);
  expect(http(split, client('root.test'), line('GET /x/../admin'))).toBe('permit all by to-all');
  expect(http(split, client('web'), line('GET /x/../admin'))).toBe('ambiguousPath all');
  // Every reading counts: the same path, decoded, is another route's.
  expect(http(split, client('web'), line('GET /%61dmin'))).toBe('ambiguousPath all');
  expect(http(split, client('web'), line('GET /admin;x'))).toBe('ambiguousPath all');
  expect(http(split, client('web'), line('GET /admin%3fx'))).toBe('ambiguousPath all');
  expect(http(split, client('web'), line('GET /%61bout;x'))).toBe('permit all by to-all');
});

test('the filters of a rule cannot be dodged by another spelling of its path', () => {
  const role = (value: string): HttpRoute['rules'][number]['filters'] => [
    { kind: 'requestHeaders', add: [], set: [{ name: 'x-role', value }], remove: [] },
  ];
  const filtered = (name: string, path: string, filters: HttpRoute['rules'][number]['filters']): HttpRoute => ({
    ...open(name, []),
    rules: [{ matches: [match(path)], filters }],
  });
  const ask = (policy: InboundPolicy, target: string): string => http(policy, client('web'), line(`GET ${target}`));
  const spellings = ['/%61dmin', '/admin;x', '/admin%3fx', '/x/../admin', '//admin', '/admin#'];

  const one = httpPolicy([open('all', ['*']), filtered('admin', '/admin/*', role('guest'))]);
  for (const target of spellings) expect(ask(one, target), target).toBe('ambiguousPath all');
  expect(ask(one, '/admin')).toBe('permit admin by to-admin');
  expect(ask(one, '/%61bout')).toBe('permit all by to-all');
  // Under the same filters in either reading nothing is dodged.
  expect(ask(one, '/admin/%61')).toBe('permit admin by to-admin');
  expect(ask(one, '/admin/x/../..')).toBe('ambiguousPath admin');
  const same = httpPolicy([filtered('all', '*', role('guest')), filtered('admin', '/admin/*', role('guest'))]);
  for (const target of spellings) expect(ask(same, target), target).toMatch(/^permit/);
  const other = httpPolicy([filtered('all', '*', role('guest')), filtered('admin', '/admin/*', role('nobody'))]);
  for (const target of spellings) expect(ask(other, target), target).toBe('ambiguousPath all');

  // What a redirect replaces is part of what it does.
  const redirect = [{ kind: 'redirect', path: { kind: 'prefix', value: '/new' } }] as const;
  const moved = httpPolicy([filtered('a', '/caf\u00e9/*', redirect), filtered('b', '/*', redirect)]);
  expect(ask(moved, '/caf%C3%A9/x')).toBe('permit a by to-a');
  expect(ask(moved, '/%63af%C3%A9/x')).toBe('ambiguousPath b');
  expect(http(one, client('web'), line('GET /%61dmin'), { ambiguousPaths: 'raw' })).toBe('permit all by to-all');
});

test('ambiguousPaths: raw decides as sent', () => {
  expect(http(booksapp, client('books'), line('GET /authors/../admin'), { ambiguousPaths: 'raw' })).toBe(
    'permit authors-get-route by authors-get-policy',
  );
  expect(http(booksapp, client('books'), line('GET authors/1'), { ambiguousPaths: 'raw' })).toBe('ambiguousPath -');
});

test('requests to the server as a whole need a route for every path', () => {
  const policy = httpPolicy([open('options', ['OPTIONS']), open('a', ['/a/*'])]);
  expect(http(policy, client('web'), line('OPTIONS *'))).toBe('permit options by to-options');
  expect(http(policy, client('web'), line('CONNECT a.test:80'))).toBe('noRoute -');
  expect(http(httpPolicy([open('all', ['*'])]), client('web'), { method: 'CONNECT', target: '' })).toBe(
    'permit all by to-all',
  );
});

test('a tunnel, which may carry any request, needs leave for every request', () => {
  const policy = httpPolicy([
    open('all', ['*']),
    httpRoute('admin', ['/admin/*'], [grant('to-admin', identities(identityOf('admin')))]),
  ]);
  expect(http(policy, client('web'), line('GET /'))).toBe('permit all by to-all');
  expect(http(policy, client('web'), line('CONNECT a.test:80'))).toBe('ambiguousPath all');
  expect(http(policy, client('web'), line('CONNECT a.test:80'), { ambiguousPaths: 'raw' })).toBe(
    'permit all by to-all',
  );
  expect(http(policy, client('admin'), line('CONNECT a.test:80'))).toBe('permit all by to-all');
});

test('an HTTP policy without routes has one built in', () => {
  const policy = defaultPolicy('all-authenticated', [], { timeoutMs: 10_000 });
  expect(http(policy, client('web'), line('DELETE /x/..'))).toBe('permit default by all-authenticated');
  expect(http(policy, client('plaintext'), line('GET /'))).toBe('unauthorized default');
});

test('gRPC routes take calls only', () => {
  const protocol = {
    kind: 'grpc',
    routes: [
      grpcRoute('shop', ['/shop.Books/*'], openFor('shop')),
      grpcRoute('list', ['/shop.Books/List'], openFor('list')),
    ],
  } as const;
  const policy: InboundPolicy = { ...httpPolicy([]), protocol };
  expect(http(policy, client('web'), line('POST /shop.Books/Get'))).toBe('permit shop by to-shop');
  expect(http(policy, client('web'), line('POST /shop.Books/List'))).toBe('permit list by to-list');
  expect(http(policy, client('web'), line('GET /shop.Books/List'))).toBe('noRoute -');
  expect(http(policy, client('web'), line('POST /shop.Admin/List'))).toBe('noRoute -');
  expect(http(policy, client('web'), line('POST /shop.Books/L%69st'))).toBe('permit shop by to-shop');
});

test('a rule that cannot be evaluated takes what it might have meant, and refuses it', () => {
  const broken = open('broken', ['GET ~ /a(', '/fine']);
  const policy = httpPolicy([open('all', ['*']), broken]);
  expect(http(policy, client('web'), line('GET /b'))).toBe('invalidPolicy broken');
  expect(http(policy, client('web'), line('POST /b'))).toBe('permit all by to-all');
  expect(http(policy, client('web'), line('GET /fine'))).toBe('invalidPolicy broken');
  expect(http(policy, client('web'), line('POST /fine'))).toBe('permit broken by to-broken');
  const unknown = { ...broken, rules: [{ matches: [], filters: [{ kind: 'unknown' }] }] } as const;
  expect(http(httpPolicy([unknown]), client('web'), line('GET /'))).toBe('invalidPolicy broken');
  // Who is not granted the route does not learn that it is broken.
  expect(http(httpPolicy([{ ...unknown, authorizations: [] }]), client('web'), line('GET /'))).toBe(
    'unauthorized broken',
  );
});

test('audit permits and says so', () => {
  const connection = (policy: InboundPolicy) => forConnection(compilePolicy(policy), client('plaintext'));
  const audit = connection(defaultPolicy('audit', [], { timeoutMs: 1 }));
  expect(decideHttp(audit, requestFrom({}))).toMatchObject({
    kind: 'permit',
    isAudit: true,
    authorization: { kind: 'default', name: 'audit' },
  });
  expect(decideTcp(audit)).toMatchObject({ kind: 'permit', isAudit: true });
  expect(decideTcp(connection(defaultPolicy('all-unauthenticated', [], { timeoutMs: 1 })))).toMatchObject({
    isAudit: false,
  });
});

test.each<[string, InboundPolicy, string]>([
  ['opaque', { ...httpPolicy([], [grant('g', anybody)]), protocol: { kind: 'opaque' } }, 'permit - by g'],
  ['tls', { ...httpPolicy([], [grant('g', anybody)]), protocol: { kind: 'tls' } }, 'permit - by g'],
  ['opaque without grant', { ...httpPolicy([]), protocol: { kind: 'opaque' } }, 'unauthorized -'],
  ['detect without routes', httpPolicy([], [grant('g', anybody)]), 'permit - by g'],
  ['detect with routes', httpPolicy([open('all', ['*'])], [grant('g', anybody)]), 'notHttp -'],
  ['detect with routes, not granted', httpPolicy([open('all', ['*'])]), 'unauthorized -'],
  [
    'detect without routes and a limit on requests',
    {
      ...httpPolicy([], [grant('g', anybody)]),
      protocol: {
        kind: 'detect',
        timeoutMs: 10_000,
        routes: [],
        rateLimit: { ref: resourceRef('httplocalratelimitpolicy', 'limit'), total: 1, overrides: [] },
      },
    },
    'notHttp -',
  ],
  ['http1', { ...httpPolicy([], [grant('g', anybody)]), protocol: { kind: 'http1', routes: [] } }, 'notHttp -'],
])('a connection that is not HTTP on a port with %s', (_, policy, expected) => {
  expect(inWords(decideTcp(forConnection(compilePolicy(policy), client('web'))))).toBe(expected);
});

test('HTTP has no route on a port that is not HTTP', () => {
  const policy: InboundPolicy = { ...httpPolicy([], [grant('g', anybody)]), protocol: { kind: 'opaque' } };
  expect(http(policy, client('web'), line('GET /'))).toBe('noRoute -');
});

test('a decision allocates no verdict', () => {
  const connection = forConnection(compilePolicy(booksapp), client('books'));
  const ask = (text: string): Verdict => decideHttp(connection, requestFrom(line(text)));
  for (const text of ['GET /authors/1', 'GET /admin', 'GET /authors/../x']) expect(ask(text)).toBe(ask(text));
});
