/**
 * Why a request is permitted or denied: the verdict of `decide`, every rule that was considered, and for a denial the
 * nearest ways in: which route and which authorization would have allowed it, and what was missing for each. Made on
 * demand and at leisure, from the same matchers that decide.
 */
import { localhostAuthorization } from './authorize.ts';
import {
  type CompiledAuthorization,
  type CompiledPolicy,
  type CompiledRoute,
  compilePolicy,
  type PolicyOptions,
} from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp, decideTcp, hostFor, pathEnd } from './decide.ts';
import { type Missing, missingOfClient, type RoutedRequest } from './missing.ts';
import type { ConnectionFacts, InboundPolicy, RequestFacts, RuleRef } from './model.ts';
import { selectMatch } from './route-table.ts';
import { type Suggestion, suggestionFor } from './suggest.ts';
import type { Deny, Verdict } from './verdict.ts';
import { nearestMatch, type WayIn, waysForConnection, waysForRequest } from './ways-in.ts';

export interface Explanation {
  readonly verdict: Verdict;
  /** Each route in the order of the policy, and what the request lacks for it; empty `missing`: it matches. */
  readonly routes: readonly RouteAccount[];
  /** The authorizations that counted: the deciding route's, then the server's. */
  readonly authorizations: readonly AuthorizationAccount[];
  /** Ways in, nearest first; empty for a permit. */
  readonly nearest: readonly WayIn[];
  /** Resources to apply that would allow it; for a denial that a grant can mend. */
  readonly suggestion: Suggestion | undefined;
}

export interface RouteAccount {
  readonly route: RuleRef;
  readonly isDeciding: boolean;
  /** For the match of this route that comes nearest. */
  readonly missing: readonly Missing[];
}

export interface AuthorizationAccount {
  readonly authorization: RuleRef;
  /** Where it is attached. */
  readonly scope: 'route' | 'server' | 'builtIn';
  readonly missing: readonly Missing[];
}

export interface ExplainOptions extends PolicyOptions {
  /** How many ways in to tell. */
  readonly maxWays?: number | undefined;
}

/** Explains a request, or without one a connection that is not HTTP. */
export const explain = (
  policy: InboundPolicy,
  client: ConnectionFacts,
  request?: RequestFacts,
  options: ExplainOptions = {},
): Explanation => {
  const compiled = compilePolicy(policy, options);
  const connection = forConnection(compiled, client);
  const verdict = request === undefined ? decideTcp(connection) : decideHttp(connection, request);
  const routed = request === undefined ? undefined : routedRequest(compiled, request);
  return {
    verdict,
    routes: routed === undefined ? [] : routeAccounts(compiled, routed),
    authorizations: authorizationAccounts(compiled, client, routed),
    nearest:
      verdict.kind === 'permit' ? [] : nearestWays(compiled, client, request, routed, verdict, options.maxWays ?? 5),
    suggestion: verdict.kind === 'permit' ? undefined : suggestionFor(verdict, client, request),
  };
};

/** The request as routing sees it; undefined when it has no path or no host that routing could look at. */
const routedRequest = (compiled: CompiledPolicy, request: RequestFacts): RoutedRequest | undefined => {
  const end = pathEnd(request.method, request.target);
  const host = hostFor(compiled, request.authority);
  if (end === undefined || host === undefined) return undefined;
  return { request, host, end, taken: selectMatch(compiled.tables.asSent, request, host, request.target, end) };
};

const routeAccounts = (compiled: CompiledPolicy, routed: RoutedRequest): readonly RouteAccount[] =>
  compiled.routes.map((route) => ({
    route: route.ref,
    isDeciding: takes(route, routed),
    missing: nearestMatch(route, routed)?.missing ?? [{ kind: 'validRule', problems: ['the route has no rules'] }],
  }));

const takes = (route: CompiledRoute, { taken }: RoutedRequest): boolean =>
  taken !== undefined && route.matches.includes(taken);

const authorizationAccounts = (
  compiled: CompiledPolicy,
  client: ConnectionFacts,
  routed: RoutedRequest | undefined,
): readonly AuthorizationAccount[] => {
  const route = routed && compiled.routes.find((each) => takes(each, routed));
  const account = (scope: AuthorizationAccount['scope']) => (authorization: CompiledAuthorization) => ({
    authorization: authorization.ref,
    scope,
    missing: missingOfClient(authorization, client),
  });
  const local: AuthorizationAccount = { authorization: localhostAuthorization.ref, scope: 'builtIn', missing: [] };
  return [
    ...(client.isLocal ? [local] : []),
    ...(route?.authorizations ?? []).map(account('route')),
    ...compiled.authorizations.map(account('server')),
  ];
};

const nearestWays = (
  compiled: CompiledPolicy,
  client: ConnectionFacts,
  request: RequestFacts | undefined,
  routed: RoutedRequest | undefined,
  verdict: Deny,
  count: number,
): readonly WayIn[] => {
  if (request === undefined) return nearestFirst(waysForConnection(compiled, client)).slice(0, count);
  return routed === undefined ? [] : nearestFirst(waysForRequest(compiled, client, routed, verdict)).slice(0, count);
};

const nearestFirst = (ways: readonly WayIn[]): readonly WayIn[] =>
  ways.toSorted((a, b) => a.missing.length - b.missing.length);
