/**
 * From the policy as data to the policy as something fast: every route's rules become a flat list of matches, every
 * authorization a matcher, everything that can be checked ahead is. The result is inspectable data and has no state.
 */
import { problemOfFilter } from './filters.ts';
import { compileHeader, type HeaderMatcher } from './match-headers.ts';
import { compileHost, type HostMatcher } from './match-host.ts';
import { type AuthenticationMatcher, compileAuthentication } from './match-identity.ts';
import { compilePath, compileRpc, matchedPrefixOf, type PathMatcher } from './match-path.ts';
import { compileQuery, type QueryMatcher } from './match-query.ts';
import type {
  Authorization,
  ClientNetwork,
  GrpcFilter,
  GrpcMatch,
  GrpcRoute,
  GrpcRule,
  HttpFilter,
  HttpMatch,
  HttpRoute,
  HttpRule,
  InboundPolicy,
  Protocol,
  RuleRef,
} from './model.ts';
import { compileTable, type RouteTable } from './route-table.ts';
import type { RouteFilter } from './verdict.ts';

export interface PolicyOptions {
  /** `reject` (default): a permit must hold for every reading of the path. `raw`: decide on the path as sent, like Linkerd. */
  readonly ambiguousPaths?: 'reject' | 'raw' | undefined;
}

export interface CompiledPolicy {
  readonly policy: InboundPolicy;
  readonly ambiguousPaths: 'reject' | 'raw';
  /** False for `opaque` and `tls`: there HTTP has no route. */
  readonly isHttp: boolean;
  /** In the order of the policy; the built-in route when an HTTP policy has none. */
  readonly routes: readonly CompiledRoute[];
  /** The same routes in order of precedence, for paths as sent and as read. */
  readonly tables: { readonly asSent: RouteTable; readonly asRead: RouteTable };
  /** Every match does the same to a request, most often nothing. */
  readonly hasOneEffect: boolean;
  /** Whether any route is for particular hosts. */
  readonly hasHosts: boolean;
  /**
   * Whether the port takes connections that are not HTTP. Not where it is declared HTTP, and not where users attached
   * routes or a limit on requests: else dripping a first line, or bending it until it is not recognised, would pass
   * around every one of them.
   */
  readonly acceptsTcp: boolean;
  readonly authorizations: readonly CompiledAuthorization[];
}

export interface CompiledAuthorization {
  readonly ref: RuleRef;
  readonly networks: readonly ClientNetwork[];
  readonly authentication: AuthenticationMatcher;
  readonly isAudit: boolean;
}

export interface CompiledRoute {
  readonly ref: RuleRef;
  readonly hosts: readonly HostMatcher[];
  readonly matches: readonly CompiledMatch[];
  /** The route's own; the server's apply as well. */
  readonly authorizations: readonly CompiledAuthorization[];
}

/** One way into a rule. */
export interface CompiledMatch {
  /** Position among all matches of the policy, from 0. */
  readonly index: number;
  readonly path: PathMatcher;
  readonly method: string | undefined;
  readonly headers: readonly HeaderMatcher[];
  readonly query: readonly QueryMatcher[];
  readonly filters: readonly RouteFilter[];
  /** Of a prefix match, without a trailing slash. */
  readonly matchedPrefix: string | undefined;
  /** Matches with the same number do the same to a request: what one filters, the other filters alike. */
  readonly effect: number;
  /** Why requests that end here are refused with 500; empty when all is well. */
  readonly problems: readonly string[];
}

export const compilePolicy = (policy: InboundPolicy, options: PolicyOptions = {}): CompiledPolicy => {
  const routes = compileRoutes(policy.protocol);
  return {
    policy,
    ambiguousPaths: options.ambiguousPaths ?? 'reject',
    isHttp: routes.length > 0,
    routes,
    tables: { asSent: compileTable(routes, 'asSent'), asRead: compileTable(routes, 'asRead') },
    hasOneEffect: routes.every((route) => route.matches.every(({ effect }) => effect === 0)),
    hasHosts: routes.some((route) => route.hosts.length > 0),
    acceptsTcp: acceptsTcp(policy.protocol),
    authorizations: policy.authorizations.map(compileAuthorization),
  };
};

const acceptsTcp = (protocol: Protocol): boolean => {
  if (protocol.kind === 'detect') {
    return protocol.rateLimit === undefined && protocol.routes.every((route) => route.ref.kind === 'default');
  }
  return protocol.kind === 'opaque' || protocol.kind === 'tls';
};

/** What an HTTP policy without routes means: every request, under the server's authorizations (wire section 2.10). */
const builtInRoute: HttpRoute = {
  ref: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [], filters: [] }],
};

const compileRoutes = (protocol: Protocol): readonly CompiledRoute[] => {
  let index = 0;
  const effects = new Map<string, number>();
  const number = (match: UnnumberedMatch): CompiledMatch => {
    const key = effectOf(match);
    const effect = effects.get(key) ?? effects.size;
    effects.set(key, effect);
    return { index: index++, effect, ...match };
  };
  const compileRoute = (route: HttpRoute | GrpcRoute, matches: readonly UnnumberedMatch[]): CompiledRoute => ({
    ref: route.ref,
    hosts: route.hosts.map(compileHost),
    matches: matches.map(number),
    authorizations: route.authorizations.map(compileAuthorization),
  });
  const compileHttp = (route: HttpRoute): CompiledRoute => compileRoute(route, route.rules.flatMap(compileHttpRule));
  const compileGrpc = (route: GrpcRoute): CompiledRoute => compileRoute(route, route.rules.flatMap(compileGrpcRule));
  switch (protocol.kind) {
    case 'opaque':
    case 'tls':
      return [];
    case 'grpc':
      return protocol.routes.length === 0 ? [compileHttp(builtInRoute)] : protocol.routes.map(compileGrpc);
    case 'detect':
    case 'http1':
    case 'http2':
      return protocol.routes.length === 0 ? [compileHttp(builtInRoute)] : protocol.routes.map(compileHttp);
  }
};

type UnnumberedMatch = Omit<CompiledMatch, 'index' | 'effect'>;

/** Names what a match does to a request: its filters in order, and what a redirect of the prefix replaces. */
const effectOf = ({ filters, matchedPrefix }: UnnumberedMatch): string => {
  const replacesPrefix = filters.some((filter) => filter.kind === 'redirect' && filter.path?.kind === 'prefix');
  return JSON.stringify(replacesPrefix ? [filters, matchedPrefix] : [filters]);
};

const everyRequest: HttpMatch = { headers: [], queryParams: [] };
const everyCall: GrpcMatch = { service: '', method: '', headers: [] };

const compileHttpRule = (rule: HttpRule): readonly UnnumberedMatch[] =>
  orAll(rule.matches, everyRequest).map((match) => {
    const problems: string[] = [];
    const path = compilePath(match.path, problems);
    const headers = match.headers.map((header) => compileHeader(header, problems));
    const query = match.queryParams.map((parameter) => compileQuery(parameter, problems));
    const { method } = match;
    return { path, method, headers, query, ...compileFilters(rule.filters, matchedPrefixOf(path), problems) };
  });

const compileGrpcRule = (rule: GrpcRule): readonly UnnumberedMatch[] =>
  orAll(rule.matches, everyCall).map((match) => {
    const problems: string[] = [];
    const path = compileRpc(match.service, match.method);
    const headers = match.headers.map((header) => compileHeader(header, problems));
    return { path, method: 'POST', headers, query: [], ...compileFilters(rule.filters, undefined, problems) };
  });

/** A rule without matches matches all. */
const orAll = <T>(matches: readonly T[], all: T): readonly T[] => (matches.length === 0 ? [all] : matches);

const compileFilters = (
  filters: readonly (HttpFilter | GrpcFilter)[],
  matchedPrefix: string | undefined,
  problems: string[],
): Pick<CompiledMatch, 'filters' | 'matchedPrefix' | 'problems'> => {
  const known: RouteFilter[] = [];
  for (const filter of filters) {
    const problem = problemOfFilter(filter, matchedPrefix !== undefined);
    if (problem !== undefined) problems.push(problem);
    if (filter.kind !== 'unknown') known.push(filter);
  }
  return { filters: known, matchedPrefix, problems };
};

const compileAuthorization = ({ ref, networks, authentication }: Authorization): CompiledAuthorization => ({
  ref,
  networks,
  authentication: compileAuthentication(authentication),
  isAudit: ref.kind === 'default' && ref.name === 'audit',
});
