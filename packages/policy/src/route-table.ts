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
 *
 *     method ── host ──┬── length ── last character ── matches, each then asked in full
 *                      └── expressions
 */
import type { CompiledMatch, CompiledRoute } from './compile.ts';
import { matchesHeaders } from './match-headers.ts';
import { type HostMatcher, isHost } from './match-host.ts';
import { isSegmentEnd, matchPath, type PathTest, testLength } from './match-path.ts';
import { matchesQuery } from './match-query.ts';
import type { RequestFacts } from './model.ts';

/** What may take a request, by its method. */
export interface RouteTable {
  /** Matches for one method, and among them those for any. */
  readonly byMethod: ReadonlyMap<string, readonly HostGroup[]>;
  /** For a method that no match names. */
  readonly otherMethods: readonly HostGroup[];
}

/** Matches for one host; the groups of a table start with the most specific host. */
interface HostGroup {
  /** Undefined: any host. */
  readonly host: HostMatcher | undefined;
  /** Matches of known length, the longest first. */
  readonly tiers: readonly Tier[];
  /** In descending order of precedence; these match the whole path or nothing. */
  readonly expressions: readonly Entry[];
}

/** Matches of one length. Most are passed over without a look at each. */
interface Tier {
  /** Where a path that one of them matches ends, or has a slash; 0 where some match any path. */
  readonly boundary: number;
  /** By the character before the boundary; each list in descending order of precedence. */
  readonly byLast: ReadonlyMap<number, readonly Entry[]>;
}

interface Entry {
  readonly test: PathTest;
  readonly match: CompiledMatch;
}

/** The table for paths as sent, or as read (match-path.ts). */
export const compileTable = (routes: readonly CompiledRoute[], form: 'asSent' | 'asRead'): RouteTable => {
  const methods = new Set(routes.flatMap(({ matches }) => matches.flatMap(({ method }) => method ?? [])));
  return {
    byMethod: new Map([...methods].map((method) => [method, compileGroups(routes, form, method)])),
    otherMethods: compileGroups(routes, form, undefined),
  };
};

const compileGroups = (
  routes: readonly CompiledRoute[],
  form: 'asSent' | 'asRead',
  method: string | undefined,
): readonly HostGroup[] => {
  const groups = new Map<string, { host: HostMatcher | undefined; entries: Entry[] }>();
  for (const route of routes) {
    const matches = route.matches.filter((match) => match.method === undefined || match.method === method);
    const entries = matches.map((match) => ({ test: match.path[form], match }));
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
      tiers: compileTiers(entries.filter(({ test }) => testLength(test) !== undefined)),
      expressions: entries.filter(({ test }) => testLength(test) === undefined).toSorted(byRank),
    }));
};

const compileTiers = (entries: readonly Entry[]): readonly Tier[] =>
  [...Map.groupBy(entries, ({ test }) => testLength(test) ?? 0)]
    .toSorted(([a], [b]) => b - a)
    .map(([length, tier]) => {
      const boundary = tier.every(({ test }) => textOf(test) !== undefined) ? length : 0;
      const lastOf = ({ test }: Entry): number => characterBefore(textOf(test) ?? '', boundary);
      return { boundary, byLast: Map.groupBy(tier.toSorted(byRank), lastOf) };
    });

/** What a path starts with that passes the test, up to a boundary; as long as the test. */
const textOf = (test: PathTest): string | undefined =>
  test.kind === 'exact' || test.kind === 'prefix' ? test.value : undefined;

/** NaN at the start, where there is none. */
const characterBefore = (text: string, at: number): number => text.charCodeAt(at - 1);

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
  for (const group of table.byMethod.get(request.method) ?? table.otherMethods) {
    if (group.host !== undefined && !isHost(group.host, host)) continue;
    const sized = firstSized(group.tiers, request, path, end);
    const expression = firstEntry(group.expressions, request, path, end);
    const best =
      expression === undefined || (sized !== undefined && isBefore(sized, expression, end)) ? sized : expression;
    if (best !== undefined) return best.match;
  }
  return undefined;
};

const firstSized = (tiers: readonly Tier[], request: RequestFacts, path: string, end: number): Entry | undefined => {
  for (const { boundary, byLast } of tiers) {
    if (boundary > 0 && !isSegmentEnd(path, end, boundary)) continue;
    const entries = byLast.get(characterBefore(path, boundary));
    const entry = entries && firstEntry(entries, request, path, end);
    if (entry !== undefined) return entry;
  }
  return undefined;
};

const firstEntry = (entries: readonly Entry[], request: RequestFacts, path: string, end: number): Entry | undefined => {
  for (const entry of entries) {
    if (!matchPath(entry.test, path, end)) continue;
    const { headers, query } = entry.match;
    if (matchesHeaders(headers, request) && matchesQuery(query, request.target)) return entry;
  }
  return undefined;
};

/** Whether a match of known length goes before an expression, which matched all `end` characters of the path. */
const isBefore = (sized: Entry, expression: Entry, end: number): boolean =>
  testLength(sized.test) === end && byRank(sized, expression) < 0;
