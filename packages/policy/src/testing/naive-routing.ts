/** Reference interpreter, part: which way into a policy takes a request. */
import type { HeaderMatch, HostMatch, InboundPolicy, QueryParamMatch, RequestFacts } from '../model.ts';
import { isBroken, matchesAll, type Way, waysOf } from './naive-ways.ts';

/** `undefined` when the route is not for this host; else how specific it is. */
const compareHost = (hosts: readonly HostMatch[], host: string): readonly number[] | undefined => {
  if (hosts.length === 0) return [0, 0];
  const found = hosts.flatMap((match): (readonly number[])[] => {
    if (match.kind === 'exact') return match.host.toLowerCase() === host ? [[2, match.host.length]] : [];
    const suffix = match.reverseLabels.toReversed().join('.').toLowerCase();
    return host.endsWith(`.${suffix}`) && host !== `.${suffix}` ? [[1, suffix.length]] : [];
  });
  return found.toSorted(descending)[0];
};

const descending = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at < 0 ? 0 : (b[at] ?? 0) - (a[at] ?? 0);
};

const sentValue = (request: RequestFacts, name: string): string | undefined => {
  const lines: string[] = [];
  request.someHeader(name, (value) => lines.push(value) < 0);
  if (lines.length === 0) return undefined;
  const separator = name === 'cookie' ? ';' : ',';
  const elements = lines.flatMap((line) => line.split(separator));
  return elements.length === 1 ? elements[0] : elements.map((element) => element.trim()).join(`${separator} `);
};

const hasHeader = (request: RequestFacts, match: HeaderMatch): boolean => {
  if (match.kind === 'regex' && isBroken(match.value)) return true;
  const sent = sentValue(request, match.name);
  if (sent === undefined) return false;
  const separator = match.name === 'cookie' ? ';' : ',';
  return match.kind === 'regex'
    ? matchesAll(match.value, sent)
    : match.value
        .split(separator)
        .map((element) => (match.value.includes(separator) ? element.trim() : element))
        .join(`${separator} `) === sent;
};

const hasParameter = ({ target }: RequestFacts, match: QueryParamMatch): boolean => {
  if (match.kind === 'regex' && isBroken(match.value)) return true;
  const query = target.split('?').slice(1).join('?');
  const values = query === '' ? [] : new URLSearchParamsLike(query).getAll(match.name);
  return (
    values.length > 0 &&
    values.every((value) => (match.kind === 'exact' ? value === match.value : matchesAll(match.value, value)))
  );
};

/** The little of URLSearchParams that is needed, for queries of ASCII and well-formed escapes. */
class URLSearchParamsLike {
  readonly #pairs: readonly (readonly [string, string])[];
  constructor(query: string) {
    const plain = (text: string | undefined): string => decodeURIComponent((text ?? '').split('+').join(' '));
    this.#pairs = query.split('&').map((pair) => {
      const [name, ...value] = pair.split('=');
      return [plain(name), plain(value.join('='))];
    });
  }
  getAll(name: string): readonly string[] {
    return this.#pairs.filter(([sent]) => sent === name).map(([, value]) => value);
  }
}

/** The way that takes a request: the most specific, the first among equals. `path` is undefined for `*`. */
export const takeRequest = (
  policy: InboundPolicy,
  request: RequestFacts,
  host: string,
  path: string | undefined,
  isDecoded: boolean,
): Way | undefined => {
  const candidates = waysOf(policy).flatMap((way) => {
    const hostRank = compareHost(way.route.hosts, host);
    const pathRank = way.path(path, isDecoded);
    if (hostRank === undefined || pathRank === undefined) return [];
    if (way.method !== undefined && way.method !== request.method) return [];
    if (!way.headers.every((header) => hasHeader(request, header))) return [];
    if (!way.queryParams.every((parameter) => hasParameter(request, parameter))) return [];
    const rank = [
      ...hostRank,
      ...pathRank,
      way.method === undefined ? 0 : 1,
      way.headers.length,
      way.queryParams.length,
    ];
    return [{ way, rank }];
  });
  return candidates.toSorted((a, b) => descending(a.rank, b.rank))[0]?.way;
};

/** The host of an authority in one spelling; undefined when it is none. */
export const hostOf = (authority: string): string | undefined => {
  if (authority === '') return '';
  const withoutPort = authority.replace(/:[0-9]*$/, '');
  const host = (withoutPort.endsWith('.') ? withoutPort.slice(0, -1) : withoutPort).toLowerCase();
  if (/^\[[0-9a-f:.]+\]$/.test(host)) return host;
  return host.split('.').every((label) => /^[a-z0-9_-]+$/.test(label)) ? host : undefined;
};
