/**
 * The ways into a port: every pair of a route's match and an authorization that reaches it, and what one client's
 * request lacks for each.
 */
import { pathReadings } from './ambiguous-path.ts';
import type { CompiledAuthorization, CompiledMatch, CompiledPolicy, CompiledRoute } from './compile.ts';
import { type Missing, missingOfClient, missingOfRequest, type RoutedRequest } from './missing.ts';
import type { ConnectionFacts, RuleRef } from './model.ts';
import type { Deny } from './verdict.ts';

/** A route and an authorization that would allow, were it not for what is missing. */
export interface WayIn {
  /** Absent for a connection that is not HTTP. */
  readonly route: RuleRef | undefined;
  readonly authorization: RuleRef;
  readonly missing: readonly Missing[];
}

/** The ways in for a connection that is not HTTP and was denied. */
export const waysForConnection = (policy: CompiledPolicy, client: ConnectionFacts): readonly WayIn[] =>
  policy.authorizations.map((authorization) => ({
    route: undefined,
    authorization: authorization.ref,
    missing: [...missingOfClient(authorization, client), ...(policy.acceptsTcp ? [] : [{ kind: 'http' } as const])],
  }));

/** The ways in for a request that was denied. */
export const waysForRequest = (
  policy: CompiledPolicy,
  client: ConnectionFacts,
  routed: RoutedRequest,
  verdict: Deny,
): readonly WayIn[] =>
  policy.routes.flatMap((route) => {
    const match = nearestMatch(route, routed);
    if (match === undefined) return [];
    const missing = [...match.missing, ...obstacles(match, routed, verdict)];
    return grantsOn(policy, route).map((authorization) => ({
      route: route.ref,
      authorization: authorization.ref,
      missing: [...missing, ...(client.isLocal ? [] : missingOfClient(authorization, client))],
    }));
  });

/** The authorizations that reach a route, in the order in which they are tried. */
export const grantsOn = (policy: CompiledPolicy, route: CompiledRoute): readonly CompiledAuthorization[] => [
  ...route.authorizations,
  ...policy.authorizations,
];

export interface NearestMatch {
  readonly match: CompiledMatch;
  readonly missing: readonly Missing[];
}

/**
 * The match of a route that a request comes nearest to: the one that takes it, or that it lacks least for. Undefined for
 * a route without rules.
 */
export const nearestMatch = (route: CompiledRoute, routed: RoutedRequest): NearestMatch | undefined => {
  const { taken } = routed;
  if (taken !== undefined && route.matches.includes(taken)) return { match: taken, missing: [] };
  let nearest: NearestMatch | undefined;
  for (const match of route.matches) {
    const missing = missingOfRequest(route, match, routed);
    if (nearest === undefined || missing.length < nearest.missing.length) nearest = { match, missing };
  }
  return nearest;
};

/** What keeps a request from a route that it matches. */
const obstacles = (
  { match, missing }: NearestMatch,
  { request, end, taken }: RoutedRequest,
  verdict: Deny,
): readonly Missing[] => {
  if (missing.length > 0) return [];
  if (match !== taken) return verdict.route === undefined ? [] : [{ kind: 'precedence', takenBy: verdict.route }];
  if (verdict.reason === 'ambiguousPath') {
    return [{ kind: 'plainPath', readings: pathReadings(request.target.slice(0, end)) ?? [] }];
  }
  return match.problems.length > 0 ? [{ kind: 'validRule', problems: match.problems }] : [];
};
