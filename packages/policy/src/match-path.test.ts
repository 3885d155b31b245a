import { expect, test } from 'vitest';
import { compilePath, compileRpc, matchPath, noPath, type PathTest, testLength } from './match-path.ts';
import type { PathMatch } from './model.ts';
import { match } from './testing/index.ts';

/** How much of a path is matched by a match in the builders' notation, or -1. */
const lengthOf = (text: string, path: string): number => {
  const problems: string[] = [];
  const { asSent } = compilePath(match(text).path, problems);
  expect(problems).toEqual([]);
  return matched(asSent, path, path.length);
};

const matched = (test: PathTest, path: string, end: number): number =>
  matchPath(test, path, end) ? (testLength(test) ?? end) : -1;

test.each([
  ['*', '/anything', 1],
  ['//*', '/anything', 1],
  ['/a', '/a', 2],
  ['/a', '/a/', -1],
  ['/a', '/A', -1],
  ['/a', '/ab', -1],
  ['/a', '/', -1],
  ['/a/*', '/a', 2],
  ['/a/*', '/a/', 2],
  ['/a/*', '/a/b', 2],
  ['/a/*', '/ab', -1],
  ['/a/*', '/', -1],
  ['/a/*', '/b/a', -1],
  ['/a/b/*', '/a/b/c', 4],
  ['~ /[ab]+', '/abba', 5],
  ['~ /[ab]+', '/abc', -1],
  ['~ [ab]+', '/ab', -1],
])('%s against %s matches %i', (text, path, expected) => {
  expect(lengthOf(text, path)).toBe(expected);
});

test.each<[PathMatch, string]>([
  [{ kind: 'prefix', value: '/a' }, '/a/b'],
  [{ kind: 'prefix', value: '/a///' }, '/a/b'],
])('the trailing slashes of the prefix %j do not count', (path, sent) => {
  expect(matched(compilePath(path, []).asSent, sent, sent.length)).toBe(2);
});

test('the path ends where the query starts', () => {
  const { asSent } = compilePath({ kind: 'prefix', value: '/a?x' }, []);
  expect(matched(asSent, '/a?x', 2)).toBe(-1);
  expect(matched(compilePath({ kind: 'exact', value: '/a' }, []).asSent, '/a?x', 2)).toBe(2);
});

test('names beyond ASCII are sent percent-encoded, and read decoded', () => {
  const { asSent, asRead } = compilePath({ kind: 'exact', value: '/café' }, []);
  expect(matched(asSent, '/caf%C3%A9', 10)).toBe(10);
  expect(matched(asRead, '/caf\u00c3\u00a9', 6)).toBe(6);
});

test.each([
  ['', '', '/a.B/c', 0],
  ['a.B', '', '/a.B/c', 3 * 0x1_0000],
  ['a.B', 'c', '/a.B/c', 3 * 0x1_0000 + 1],
  ['', 'c', '/a.B/c', 1],
  ['a.B', '', '/a.BB/c', -1],
  ['a.B', '', '/a/c', -1],
  ['', 'c', '/a.B/cc', -1],
  ['', 'cc', '/a.B/c', -1],
  ['', '', '/a.B', -1],
  ['', '', '/a.B/', -1],
  ['', '', '//c', -1],
  ['', '', '/a.B/c/d', -1],
  ['', '', '/a.B/c/', -1],
])('the call %j.%j against %s matches %i', (service, method, path, expected) => {
  expect(matched(compileRpc(service, method).asSent, `${path}?q/r`, path.length)).toBe(expected);
});

test.each([
  ['*', 1],
  ['/a', -1],
  ['/a/*', -1],
  ['~ .*', -1],
])('a request without a path against %s matches %i', (text, expected) => {
  expect(matched(compilePath(match(text).path, []).asSent, '*', noPath)).toBe(expected);
});

test('an expression that cannot be used takes every path', () => {
  const problems: string[] = [];
  const { asSent } = compilePath({ kind: 'regex', value: '(' }, problems);
  expect(matched(asSent, '/any', 4)).toBe(4);
  expect(problems).toEqual([expect.stringContaining('path "(": the expression is not RE2 syntax')]);
});
