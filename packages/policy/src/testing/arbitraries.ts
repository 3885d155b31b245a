/**
 * Random policies, clients and requests. The alphabets are small on purpose: names, paths and hosts of a request must
 * meet those of a policy often, and in all their odd spellings.
 */
import { orThrow, parseIp } from '@heddle/names';
import type { Arbitrary } from 'fast-check';
import * as fc from 'fast-check';
import type {
  Authentication,
  Authorization,
  ClientNetwork,
  ConnectionFacts,
  GrpcFilter,
  GrpcRoute,
  HeaderMatch,
  HostMatch,
  HttpFilter,
  HttpMatch,
  HttpRoute,
  InboundPolicy,
  PathMatch,
  Protocol,
  QueryParamMatch,
  RequestFacts,
  RuleRef,
} from '../model.ts';
import { requestFrom } from '../request-from.ts';
import { identityOf, network, resourceRef } from './builders.ts';

const oneOf = <T>(...values: readonly T[]): Arbitrary<T> => fc.constantFrom(...values);

/** Short lists: mostly of few elements. */
const few = <T>(of: Arbitrary<T>, most = 3): Arbitrary<T[]> => fc.array(of, { maxLength: most });

const names = oneOf('a', 'b', 'c', 'd');
const refs = (resource: string): Arbitrary<RuleRef> =>
  fc.oneof(
    { weight: 9, arbitrary: names.map((name) => resourceRef(resource, name)) },
    { weight: 1, arbitrary: oneOf<RuleRef>({ kind: 'default', name: 'probe' }, { kind: 'default', name: 'audit' }) },
  );

const knownIdentities = [identityOf('web'), identityOf('web-2'), 'spiffe://test/web', 'a.b', 'axb', 'x.a.b'];

const networks: Arbitrary<ClientNetwork> = oneOf(
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/8',
  '10.0.0.0/8 except 10.1.0.0/16',
  '10.1.0.5/32',
  'fd00::/8',
  'fd00::/64 except fd00::1/128',
  '::ffff:10.0.0.0/104',
).map(network);

const authentications: Arbitrary<Authentication> = fc.oneof(
  fc.constant<Authentication>({ kind: 'unauthenticated' }),
  fc.constant<Authentication>({ kind: 'tls' }),
  fc.record({
    kind: fc.constant('identities' as const),
    identities: few(oneOf(...knownIdentities)),
    suffixes: few(
      oneOf<readonly string[]>(
        [],
        ['b'],
        ['a', 'b'],
        ['shop', 'serviceaccount', 'identity', 'linkerd', 'cluster', 'local'],
      ),
      2,
    ),
  }),
);

export const anyAuthorization: Arbitrary<Authorization> = fc.record({
  ref: refs('authorizationpolicy'),
  networks: few(networks),
  authentication: authentications,
});

const policySegments = ['a', 'b', 'admin', 'public', 'caf%C3%A9', 'a;v=1', '@x', 'q%3Fr'];
const patterns = ['.*', '/a/.*', '/(a|b)', '/public/[a-z]+', '[ab]', 'a.*', '(unclosed', 'x{2', '(?!a)'];
// Where the dialects agree that it is broken, or that it is not: `x{2` is a literal to V8.
const usablePatterns = patterns.filter((pattern) => pattern !== 'x{2' && pattern !== '(?!a)');
const anyPattern = oneOf(...usablePatterns);

const pathMatches: Arbitrary<PathMatch> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('exact' as const), value: pathOf(policySegments) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('prefix' as const), value: pathOf(policySegments) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('regex' as const), value: anyPattern }) },
);

function pathOf(segments: readonly string[], most = 2): Arbitrary<string> {
  return fc
    .tuple(few(oneOf(...segments), most), fc.boolean())
    .map(([parts, hasTrailingSlash]) => `/${parts.join('/')}${hasTrailingSlash && parts.length > 0 ? '/' : ''}`);
}

const valueKinds = { kind: oneOf('exact' as const, 'regex' as const) };

const headerMatches: Arbitrary<HeaderMatch> = fc
  .record({ ...valueKinds, name: oneOf('x-role', 'cookie'), value: oneOf('a', 'b', 'a, b', 'a,b', 'a; b') })
  .chain((match) => (match.kind === 'exact' ? fc.constant(match) : anyPattern.map((value) => ({ ...match, value }))));

const queryMatches: Arbitrary<QueryParamMatch> = fc
  .record({ ...valueKinds, name: oneOf('q', 'r'), value: oneOf('1', '2', '', 'a b') })
  .chain((match) => (match.kind === 'exact' ? fc.constant(match) : anyPattern.map((value) => ({ ...match, value }))));

const httpMatches: Arbitrary<HttpMatch> = fc.record(
  {
    path: pathMatches,
    headers: few(headerMatches, 1),
    queryParams: few(queryMatches, 1),
    method: oneOf('GET', 'POST', 'OPTIONS'),
  },
  { requiredKeys: ['headers', 'queryParams'] },
);

const httpFilters: Arbitrary<HttpFilter> = oneOf<HttpFilter>(
  { kind: 'failure', status: 503, message: 'injected', ratio: { numerator: 1, denominator: 2 } },
  { kind: 'requestHeaders', add: [{ name: 'x-a', value: '1' }], set: [], remove: ['x-b'] },
  { kind: 'redirect', scheme: 'https', status: 302 },
  { kind: 'redirect', path: { kind: 'prefix', value: '/new' } },
  { kind: 'unknown' },
);

const grpcFilters: Arbitrary<GrpcFilter> = oneOf<GrpcFilter>(
  { kind: 'failure', code: 14, message: 'injected' },
  { kind: 'unknown' },
);

const hostMatches: Arbitrary<HostMatch> = oneOf<HostMatch>(
  { kind: 'exact', host: 'a.test' },
  { kind: 'exact', host: 'B.test' },
  { kind: 'suffix', reverseLabels: ['test'] },
  { kind: 'suffix', reverseLabels: ['test', 'a'] },
);

const rarely = <T>(of: Arbitrary<T>): Arbitrary<T[]> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary: fc.array(of, { maxLength: 2 }) });

const httpRoutes: Arbitrary<HttpRoute> = fc.record({
  ref: refs('httproute'),
  hosts: rarely(hostMatches),
  authorizations: few(anyAuthorization, 2),
  rules: fc.array(fc.record({ matches: few(httpMatches), filters: rarely(httpFilters) }), {
    minLength: 1,
    maxLength: 2,
  }),
});

const grpcRoutes: Arbitrary<GrpcRoute> = fc.record({
  ref: refs('grpcroute'),
  hosts: rarely(hostMatches),
  authorizations: few(anyAuthorization, 2),
  rules: fc.array(
    fc.record({
      matches: few(
        fc.record({ service: oneOf('', 'a', 'b'), method: oneOf('', 'a', 'admin'), headers: few(headerMatches, 1) }),
      ),
      filters: rarely(grpcFilters),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

const rateLimits = fc.record(
  {
    ref: refs('httplocalratelimitpolicy'),
    total: fc.nat(100),
    identity: fc.nat(100),
    overrides: few(fc.record({ requestsPerSecond: fc.nat(100), identities: few(oneOf(...knownIdentities)) }), 2),
  },
  { requiredKeys: ['ref', 'overrides'] },
);

const protocols: Arbitrary<Protocol> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        kind: fc.constant('detect' as const),
        timeoutMs: fc.nat(10_000),
        routes: few(httpRoutes),
        rateLimit: rateLimits,
      },
      { requiredKeys: ['kind', 'timeoutMs', 'routes'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: oneOf('http1' as const, 'http2' as const), routes: few(httpRoutes), rateLimit: rateLimits },
      { requiredKeys: ['kind', 'routes'] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('grpc' as const), routes: few(grpcRoutes) }) },
  { weight: 1, arbitrary: fc.record({ kind: oneOf('opaque' as const, 'tls' as const) }) },
);

/** Any policy that the model can express, over small alphabets. */
export const anyPolicy: Arbitrary<InboundPolicy> = fc.record({
  server: refs('server'),
  protocol: protocols,
  authorizations: few(anyAuthorization, 2),
  serverIps: few(
    oneOf('10.1.0.9', 'fd00::9').map((text) => orThrow(parseIp(text))),
    1,
  ),
});

export const anyClient: Arbitrary<ConnectionFacts> = fc.record({
  clientIp: oneOf('10.1.0.5', '10.2.0.5', '192.0.2.1', 'fd00::1', 'fd00::2', '2001:db8::1', '::ffff:10.2.0.5').map(
    (text) => orThrow(parseIp(text)),
  ),
  tls: fc.oneof(
    oneOf<ConnectionFacts['tls']>({ kind: 'none' }, { kind: 'anonymous' }),
    oneOf(...knownIdentities, 'stranger.test').map((identity) => ({ kind: 'mutual' as const, identity })),
  ),
  isLocal: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
});

// Whatever a decoder, a router or a file system might make something else of.
const oddSegments =
  `.. . %2e%2e .%2E ... %61 %61dmin ad%6din a%2fb a%5cb a\\b %00 a%0a %c0%af % %4 %zz %25 %2561 a;x ..; ;a
  b%3b a%3fb %23 a#b caf%c3%a9 caf\u00c3\u00a9 %40x`
    .split(/\s+/)
    .concat('', 'a b');

/** Paths over the policies' own segments and every odd spelling. */
export const anyPath: Arbitrary<string> = pathOf(
  [...policySegments, ...policySegments, ...policySegments, ...oddSegments],
  3,
);

const queries = oneOf('', '', '', '?q=1', '?q=1&q=2', '?q=1&q=1', '?r=%31&q=2', '?q=a+b', '?q', '?q=/../x#y', '?');

const targets = fc.oneof(
  { weight: 19, arbitrary: fc.tuple(anyPath, queries).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: oneOf('*', '', 'a/b', 'http://a.test/a') },
);

/** Headers as names and values, in order. */
export const anyHeaders: Arbitrary<[name: string, value: string][]> = few(
  fc.tuple(oneOf('x-role', 'X-Role', 'cookie', 'x-other'), oneOf('a', 'b', 'a, b', 'a,b', 'b , a', 'a; b', '')),
);

const authorities = oneOf(
  'a.test',
  'A.TEST.',
  'b.test:80',
  'x.a.test',
  'x.a.test.:8080',
  'other',
  '',
  'u@a.test',
  '[fd00::1]:80',
  'a..test',
  '.test',
);

export const anyRequest: Arbitrary<RequestFacts> = fc
  .record({
    method: oneOf('GET', 'GET', 'POST', 'POST', 'OPTIONS', 'CONNECT'),
    target: targets,
    authority: authorities,
    headers: anyHeaders,
  })
  .map((data) => Object.assign(requestFrom(data), { toString: () => JSON.stringify(data) }));
