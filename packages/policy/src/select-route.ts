/**
 * Routing: the one match, across all rules of all routes, that takes a request. The best is, in this order (Gateway API,
 * HTTPRouteRule; wire section 8.4):
 *
 *     1. the most specific host    exact, then suffix; longer before shorter; then routes for any host
 *     2. the longest path          exact and regular expression match all of it, a prefix its own length
 *     3. a method
 *     4. more header conditions
 *     5. more query conditions
 *     6. first in the policy
 */
import type { CompiledMatch, CompiledPolicy } from './compile.ts';
import { matchesHeaders } from './match-headers.ts';
import { rankHost } from './match-host.ts';
import { matchPath } from './match-path.ts';
import { matchesQuery } from './match-query.ts';
import type { RequestFacts } from './model.ts';

/**
 * The match that takes a request, or undefined. `host` is normalised; the path is `path` up to `end`, `asSent` or
 * `asRead`, and may differ from the request's own target (which is still asked for the query).
 */
export const selectMatch = (
  policy: CompiledPolicy,
  request: RequestFacts,
  host: string,
  path: string,
  end: number,
  form: 'asSent' | 'asRead',
): CompiledMatch | undefined => {
  const { method } = request;
  let best: CompiledMatch | undefined;
  let bestHost = 0;
  let bestLength = 0;
  for (const route of policy.routes) {
    const hostRank = rankHost(route.hosts, host);
    if (hostRank < bestHost) continue;
    for (const match of route.matches) {
      if (match.method !== undefined && match.method !== method) continue;
      const length = matchPath(match.path[form], path, end);
      if (length < 0) continue;
      if (best !== undefined && hostRank === bestHost) {
        if (length < bestLength || (length === bestLength && !outranks(match, best))) continue;
      }
      if (!matchesHeaders(match.headers, request) || !matchesQuery(match.query, request.target)) continue;
      best = match;
      bestHost = hostRank;
      bestLength = length;
    }
  }
  return best;
};

/** Among matches of equal host and path. */
const outranks = (a: CompiledMatch, b: CompiledMatch): boolean => {
  const byMethod = Number(a.method !== undefined) - Number(b.method !== undefined);
  if (byMethod !== 0) return byMethod > 0;
  const byHeaders = a.headers.length - b.headers.length;
  return byHeaders !== 0 ? byHeaders > 0 : a.query.length > b.query.length;
};
