/**
 * Filters of a route rule, applied to a permitted request in the order written: header changes are collected for the
 * proxy to make, a redirect or an injected failure ends the request.
 */
import type {
  GrpcFilter,
  HeaderValue,
  HttpFilter,
  Ratio,
  RequestFacts,
  RequestHeaderModifier,
  RequestRedirect,
} from './model.ts';
import type { Permit } from './verdict.ts';

export type FilterOutcome =
  /** Go on, after making these changes in order: each adds, then sets, then removes. */
  | { readonly kind: 'pass'; readonly modifiers: readonly RequestHeaderModifier[] }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'httpFailure'; readonly status: number; readonly message: string }
  | { readonly kind: 'grpcFailure'; readonly code: number; readonly message: string }
  /** No valid redirect can be made of this request: 500. */
  | { readonly kind: 'invalidRedirect' };

export interface FilterContext {
  readonly scheme: 'http' | 'https';
  /** A number in [0, 1), drawn when a failure has a ratio. */
  readonly random: () => number;
}

const passUnchanged: FilterOutcome = { kind: 'pass', modifiers: [] };

export const runFilters = (permit: Permit, request: RequestFacts, context: FilterContext): FilterOutcome => {
  if (permit.filters.length === 0) return passUnchanged;
  const modifiers: RequestHeaderModifier[] = [];
  for (const filter of permit.filters) {
    if (filter.kind === 'requestHeaders') modifiers.push(filter);
    else if (filter.kind === 'redirect') {
      const outcome = redirect(filter, permit.matchedPrefix, request, context.scheme);
      if (outcome !== undefined) return outcome;
    } else if (isDue(filter.ratio, context)) {
      const { message } = filter;
      return 'code' in filter
        ? { kind: 'grpcFailure', code: filter.code, message }
        : { kind: 'httpFailure', status: filter.status, message };
    }
  }
  return { kind: 'pass', modifiers };
};

const isDue = (ratio: Ratio | undefined, { random }: FilterContext): boolean =>
  ratio === undefined || random() * ratio.denominator < ratio.numerator;

/** Where a request is sent instead; undefined when that is where it already is. */
const redirect = (
  filter: RequestRedirect,
  matchedPrefix: string | undefined,
  request: RequestFacts,
  requestScheme: 'http' | 'https',
): FilterOutcome | undefined => {
  const scheme = filter.scheme ?? requestScheme;
  const authority = redirectAuthority(filter, request.authority, scheme);
  const target = redirectTarget(filter, matchedPrefix, request.target);
  const location = `${scheme}://${authority}${target}`;
  if (authority === '' || !target.startsWith('/') || !locationText.test(location)) return { kind: 'invalidRedirect' };
  if (location === `${requestScheme}://${request.authority}${request.target}`) return undefined;
  return { kind: 'redirect', status: filter.status ?? 301, location };
};

const locationText = /^[\x21-\x7e]+$/;
const portSuffix = /:[0-9]*$/;

/** The host given, or the request's; the port given, or the request's where it is not the scheme's own. */
const redirectAuthority = (filter: RequestRedirect, authority: string, scheme: string): string => {
  const requestPort = portSuffix.exec(authority)?.[0].slice(1) ?? '';
  if (filter.host === undefined && filter.port === undefined) return authority;
  const host = filter.host ?? authority.replace(portSuffix, '');
  const port = filter.port === undefined ? requestPort : String(filter.port);
  const isImplied = port === '' || (scheme === 'http' && port === '80') || (scheme === 'https' && port === '443');
  // A host and a port given together are taken as they are.
  return isImplied && (filter.host === undefined || filter.port === undefined) ? host : `${host}:${port}`;
};

/** A full replacement brings its own query; a prefix replacement keeps the request's. */
const redirectTarget = ({ path }: RequestRedirect, matchedPrefix: string | undefined, target: string): string => {
  if (path === undefined) return target;
  if (path.kind === 'full') return path.value;
  const rest = target.slice(matchedPrefix?.length ?? 0);
  const prefix = path.value.endsWith('/') ? path.value.slice(0, -1) : path.value;
  const replaced = `${prefix}${rest.startsWith('/') || rest.startsWith('?') || rest === '' ? rest : `/${rest}`}`;
  return replaced.startsWith('/') ? replaced : `/${replaced}`;
};

/** Why a filter cannot be applied; undefined when it can. `hasPrefix`: the match it follows is by prefix. */
export const problemOfFilter = (filter: HttpFilter | GrpcFilter, hasPrefix: boolean): string | undefined => {
  switch (filter.kind) {
    case 'unknown':
      return 'the rule has a filter of a kind that is not known here';
    case 'requestHeaders':
      return [...filter.add, ...filter.set].every(isHeader) ? undefined : 'a header modifier sets an invalid header';
    case 'redirect':
      if (filter.path?.kind === 'prefix' && !hasPrefix)
        return 'a redirect replaces the path prefix of a match that has none';
      return isBetween(filter.status ?? 301, 300, 399) ? undefined : `a redirect has status ${filter.status}`;
    case 'failure': {
      const isAnswer = 'code' in filter ? isBetween(filter.code, 0, 16) : isBetween(filter.status, 200, 599);
      if (!isAnswer) return 'a failure injector has no valid status';
      return filter.ratio?.denominator === 0 ? 'a failure injector has a ratio over zero' : undefined;
    }
  }
};

const isBetween = (value: number, low: number, high: number): boolean => value >= low && value <= high;

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const isHeader = ({ name, value }: HeaderValue): boolean => headerName.test(name) && !/[\0\r\n]/.test(value);
