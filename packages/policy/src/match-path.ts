/**
 * Which paths a match is for.
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
 * How many characters a test matches if it matches (for gRPC, the service first and then the method): the longer goes
 * first. Undefined for an expression, which matches all of the path, however long.
 */
export const testLength = (test: PathTest): number | undefined => {
  switch (test.kind) {
    case 'any':
      return 1;
    case 'exact':
    case 'prefix':
      return test.value.length;
    case 'rpc':
      return test.service.length * rpcServiceWeight + test.method.length;
    case 'regex':
    case 'invalid':
      return undefined;
  }
};

/** A service outweighs any method. */
const rpcServiceWeight = 0x1_0000;

/** Whether a path (`path` up to `end`, where the query starts; or `noPath`) passes the test. */
export const matchPath = (test: PathTest, path: string, end: number): boolean => {
  if (end === noPath) return test.kind === 'any';
  switch (test.kind) {
    case 'any':
    case 'invalid':
      return true;
    case 'exact':
      return end === test.value.length && hasPrefix(path, test.value);
    case 'prefix':
      // By whole segments: `/a` holds `/a`, `/a/` and `/a/b`, not `/ab`.
      return isSegmentEnd(path, end, test.value.length) && hasPrefix(path, test.value);
    case 'regex':
      return matchesRegex(test.regex, path.slice(0, end));
    case 'rpc':
      return matchRpc(test, path, end);
  }
};

const slash = 0x2f;

/** Whether a segment of a path (up to `end`) ends at `at`: there is a slash, or nothing more. */
export const isSegmentEnd = (path: string, end: number, at: number): boolean =>
  at === end || (at < end && path.charCodeAt(at) === slash);

/** What `startsWith` says, which takes four times as long where a string was cut out of a longer one. */
const hasPrefix = (path: string, prefix: string): boolean => path.lastIndexOf(prefix, 0) === 0;

const matchRpc = ({ service, method }: PathTest & { readonly kind: 'rpc' }, path: string, end: number): boolean => {
  const middle = path.indexOf('/', 1);
  // Exactly two parts, neither empty.
  if (!path.startsWith('/') || middle < 2 || middle + 1 >= end || path.lastIndexOf('/', end - 1) !== middle)
    return false;
  return (
    (service === '' || (middle === service.length + 1 && path.startsWith(service, 1))) &&
    (method === '' || (end === middle + 1 + method.length && path.startsWith(method, middle + 1)))
  );
};
