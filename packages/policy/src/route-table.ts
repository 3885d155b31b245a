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
 *
 * Nearly all of this is known before any request, so the table is sorted by it, and the first that matches is the best.
 * Only how much an expression matches is not known: expressions stand apart, and one that matches is compared with the
 * first of the others.
 */
import type { CompiledMatch, CompiledRoute } from './compile.ts';
import { matchesHeaders } from './match-headers.ts';
import { type HostMatcher, isHost } from './match-host.ts';
import { matchPath, type PathTest, testLength } from './match-path.ts';
import { matchesQuery } from './match-query.ts';
import type { RequestFacts } from './model.ts';

/** The routes by host, the most specific host first. */
export type RouteTable = readonly HostGroup[];

interface HostGroup {
  /** Undefined: any host. */
  readonly host: HostMatcher | undefined;
  /** In descending order of precedence. */
  readonly sized: readonly Entry[];
  /** Likewise; these match the whole path or nothing. */
  readonly expressions: readonly Entry[];
}

interface Entry {
  readonly test: PathTest;
  readonly match: CompiledMatch;
}

/** The table for paths as sent, or as read (match-path.ts). */
export const compileTable = (routes: readonly CompiledRoute[], form: 'asSent' | 'asRead'): RouteTable => {
  const groups = new Map<string, { host: HostMatcher | undefined; entries: Entry[] }>();
  for (const route of routes) {
    const entries = route.matches.map((match) => ({ test: match.path[form], match }));
    for (const host of route.hosts.length === 0 ? [undefined] : route.hosts) {
      const key = host === undefined ? '' : `${host.rank} ${host.name}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { host, entries: [...entries] });
      else group.entries.push(...entries);
    }
  }
  return [...groups.values()]
    .toSorted((a, b) => (b.host?.rank ?? 0) - (a.host?.rank ?? 0))
    .map(({ host, entries }) => ({
      host,
      sized: entries.filter(({ test }) => testLength(test) !== undefined).toSorted(byLengthThenRank),
      expressions: entries.filter(({ test }) => testLength(test) === undefined).toSorted(byRank),
    }));
};

const byLengthThenRank = (a: Entry, b: Entry): number =>
  (testLength(b.test) ?? 0) - (testLength(a.test) ?? 0) || byRank(a, b);

/** Negative when `a` goes before `b`, host and path being equal. */
const byRank = ({ match: a }: Entry, { match: b }: Entry): number =>
  Number(b.method !== undefined) - Number(a.method !== undefined) ||
  b.headers.length - a.headers.length ||
  b.query.length - a.query.length ||
  a.index - b.index;

/**
 * The match that takes a request, or undefined. `host` is normalised; the path is `path` up to `end`, and may differ
 * from the request's own target (which is still asked for the query).
 */
export const selectMatch = (
  table: RouteTable,
  request: RequestFacts,
  host: string,
  path: string,
  end: number,
): CompiledMatch | undefined => {
  for (const group of table) {
    if (group.host !== undefined && !isHost(group.host, host)) continue;
    const sized = firstEntry(group.sized, request, path, end);
    const expression = firstEntry(group.expressions, request, path, end);
    const best =
      expression === undefined || (sized !== undefined && isBefore(sized, expression, end)) ? sized : expression;
    if (best !== undefined) return best.match;
  }
  return undefined;
};

const firstEntry = (entries: readonly Entry[], request: RequestFacts, path: string, end: number): Entry | undefined => {
  const { method } = request;
  for (const entry of entries) {
    const { match } = entry;
    if (match.method !== undefined && match.method !== method) continue;
    if (!matchPath(entry.test, path, end)) continue;
    if (matchesHeaders(match.headers, request) && matchesQuery(match.query, request.target)) return entry;
  }
  return undefined;
};

/** Whether a match of known length goes before an expression, which matched all `end` characters of the path. */
const isBefore = (sized: Entry, expression: Entry, end: number): boolean =>
  testLength(sized.test) === end && byRank(sized, expression) < 0;
