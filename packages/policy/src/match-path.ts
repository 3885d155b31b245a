/**
 * Which paths a match is for. The longest match wins, whatever its kind (wire section 8.4): an exact path and a regular
 * expression match all of the path, a prefix matches as much as it has.
 *
 * A path is compared as sent; and where it could be read in another way, once more as read (ambiguous-path.ts). Hence
 * each matcher comes in two forms.
 */
import { decodePath } from './decode-path.ts';
import type { PathMatch } from './model.ts';
import { compileRegex, matchesRegex, type Regex } from './regex.ts';

export interface PathMatcher {
  /** Compared with the path as sent. */
  readonly asSent: PathTest;
  /** Compared with the percent-decoded path. */
  readonly asRead: PathTest;
}

export type PathTest =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly value: string }
  /** Without a trailing slash, so never empty. */
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly regex: Regex }
  /** gRPC: `/service/method`; an empty part is any. */
  | { readonly kind: 'rpc'; readonly service: string; readonly method: string }
  /** An expression that cannot be evaluated: takes every path it might have meant, to be refused. */
  | { readonly kind: 'invalid' };

/** The position of a request without a path: `OPTIONS *` and `CONNECT` address the server as a whole. */
export const noPath = -1;

/** Matches every request, also one without a path. Counts as one character, like the prefix `/` that it is. */
export const anyPath: PathMatcher = { asSent: { kind: 'any' }, asRead: { kind: 'any' } };

/** Compiles a path match; an expression that cannot be used adds to `problems`. */
export const compilePath = (match: PathMatch | undefined, problems: string[]): PathMatcher => {
  if (match === undefined) return anyPath;
  switch (match.kind) {
    case 'exact':
      return bothForms('exact', match.value);
    case 'prefix': {
      const value = match.value.replace(/\/+$/, '');
      return value === '' ? anyPath : bothForms('prefix', value);
    }
    case 'regex': {
      const regex = compileRegex(match.value);
      if ('problem' in regex) problems.push(`path ${JSON.stringify(match.value)}: ${regex.problem}`);
      const test: PathTest = 'problem' in regex ? { kind: 'invalid' } : { kind: 'regex', regex };
      return { asSent: test, asRead: test };
    }
  }
};

/** What a prefix match matches, without a trailing slash; undefined for the other kinds. */
export const matchedPrefixOf = ({ asSent }: PathMatcher): string | undefined => {
  if (asSent.kind === 'any') return '';
  return asSent.kind === 'prefix' ? asSent.value : undefined;
};

/** Compiles `/service/method` of gRPC; an empty name is any. */
export const compileRpc = (service: string, method: string): PathMatcher => {
  const test: PathTest = { kind: 'rpc', service, method };
  return { asSent: test, asRead: test };
};

const bothForms = (kind: 'exact' | 'prefix', value: string): PathMatcher => {
  const sent = encodeNonAscii(value);
  return { asSent: { kind, value: sent }, asRead: { kind, value: decodePath(sent) ?? sent } };
};

/** Manifests are Unicode, requests are not: `/caf\u00e9` is sent as `/caf%C3%A9` (RFC 3986 section 2.5). */
const encodeNonAscii = (value: string): string =>
  value.toWellFormed().replace(/[^\0-\x7f]+/gu, (text) => encodeURIComponent(text));

/**
 * How much of `path` (up to `end`, where the query starts) the test matches: characters, or for gRPC first by service
 * and then by method; -1 for no match.
 */
export const matchPath = (test: PathTest, path: string, end: number): number => {
  if (end === noPath) return test.kind === 'any' ? 1 : -1;
  switch (test.kind) {
    case 'any':
      return 1;
    case 'exact':
      return end === test.value.length && path.startsWith(test.value) ? end : -1;
    case 'prefix':
      return isUnderPrefix(test.value, path, end) ? test.value.length : -1;
    case 'regex':
      return matchesRegex(test.regex, path.slice(0, end)) ? end : -1;
    case 'rpc':
      return matchRpc(test, path, end);
    case 'invalid':
      return end;
  }
};

/** By whole segments: `/a` holds `/a`, `/a/` and `/a/b`, not `/ab`. */
const isUnderPrefix = (prefix: string, path: string, end: number): boolean =>
  end >= prefix.length && path.startsWith(prefix) && (end === prefix.length || path[prefix.length] === '/');

/** A service outweighs any method. */
const rpcServiceWeight = 0x1_0000;

const matchRpc = (test: PathTest & { readonly kind: 'rpc' }, path: string, end: number): number => {
  const slash = path.indexOf('/', 1);
  // Exactly two parts, neither empty.
  if (!path.startsWith('/') || slash < 2 || slash + 1 >= end || path.lastIndexOf('/', end - 1) !== slash) return -1;
  const { service, method } = test;
  if (service !== '' && (slash !== service.length + 1 || !path.startsWith(service, 1))) return -1;
  if (method !== '' && (end !== slash + 1 + method.length || !path.startsWith(method, slash + 1))) return -1;
  return service.length * rpcServiceWeight + method.length;
};
