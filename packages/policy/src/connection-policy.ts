/**
 * A policy as one client meets it. Identity and address do not change while a connection lives, so who is granted what
 * is settled here, once per (policy, connection); a request then only needs its route and a look-up.
 */
import { firstGrant } from './authorize.ts';
import type { CompiledAuthorization, CompiledMatch, CompiledPolicy, CompiledRoute } from './compile.ts';
import type { ConnectionFacts, RuleRef } from './model.ts';
import type { Deny, DenyReason, Permit, Verdict } from './verdict.ts';

export interface ConnectionPolicy {
  readonly compiled: CompiledPolicy;
  readonly client: ConnectionFacts;
  /** For a connection that is not HTTP. */
  readonly tcp: Verdict;
  /** What becomes of a request that ends in a match, by the match's index. */
  readonly outcomes: readonly MatchOutcome[];
  readonly noRoute: Deny;
  readonly ambiguousPath: Deny;
  readonly ambiguousHost: Deny;
  /** Every request is permitted and treated alike, so it does not matter how its path may be read. */
  readonly isOpenToAllPaths: boolean;
}

export interface MatchOutcome {
  readonly verdict: Verdict;
  /** Instead of `verdict`, should the path turn out to be ambiguous. */
  readonly ambiguousPath: Deny;
}

export const forConnection = (compiled: CompiledPolicy, client: ConnectionFacts): ConnectionPolicy => {
  const { server } = compiled.policy;
  const serverGrant = firstGrant(compiled.authorizations, client);
  const outcomes = compiled.routes.flatMap((route) => routeOutcomes(server, route, serverGrant, client));
  return {
    compiled,
    client,
    tcp: tcpVerdict(compiled, serverGrant),
    outcomes,
    noRoute: deny(server, 'noRoute'),
    ambiguousPath: deny(server, 'ambiguousPath'),
    ambiguousHost: deny(server, 'ambiguousHost'),
    isOpenToAllPaths:
      compiled.hasOneEffect &&
      compiled.routes.some(takesEveryRequest) &&
      outcomes.every(({ verdict }) => verdict.kind === 'permit'),
  };
};

const routeOutcomes = (
  server: RuleRef,
  route: CompiledRoute,
  serverGrant: CompiledAuthorization | undefined,
  client: ConnectionFacts,
): readonly MatchOutcome[] => {
  const grant = firstGrant(route.authorizations, client) ?? serverGrant;
  const unauthorized = deny(server, 'unauthorized', route.ref);
  const invalidPolicy = deny(server, 'invalidPolicy', route.ref);
  const ambiguousPath = deny(server, 'ambiguousPath', route.ref);
  const verdictOf = (match: CompiledMatch): Verdict => {
    if (grant === undefined) return unauthorized;
    return match.problems.length > 0 ? invalidPolicy : permit(server, route.ref, grant, match);
  };
  return route.matches.map((match) => ({ verdict: verdictOf(match), ambiguousPath }));
};

const permit = (
  server: RuleRef,
  route: RuleRef,
  { ref, isAudit }: CompiledAuthorization,
  { filters, matchedPrefix }: CompiledMatch,
): Permit => ({ kind: 'permit', server, route, authorization: ref, isAudit, filters, matchedPrefix });

const tcpVerdict = ({ policy, acceptsTcp }: CompiledPolicy, grant: CompiledAuthorization | undefined): Verdict => {
  const { server } = policy;
  if (grant === undefined) return deny(server, 'unauthorized');
  if (!acceptsTcp) return deny(server, 'notHttp');
  const { ref, isAudit } = grant;
  const nothingMatched = { route: undefined, filters: [], matchedPrefix: undefined };
  return { kind: 'permit', server, authorization: ref, isAudit, ...nothingMatched };
};

const deny = (server: RuleRef, reason: DenyReason, route?: RuleRef): Deny => ({ kind: 'deny', reason, server, route });

const takesEveryRequest = (route: CompiledRoute): boolean =>
  route.hosts.length === 0 &&
  route.matches.some(
    ({ path, method, headers, query }) =>
      path.asSent.kind === 'any' && method === undefined && headers.length === 0 && query.length === 0,
  );
