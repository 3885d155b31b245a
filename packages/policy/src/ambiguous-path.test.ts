import { expect, test } from 'vitest';
import { classifyPath, pathReadings } from './ambiguous-path.ts';
import { decodePath } from './decode-path.ts';

test.each([
  ...['/', '/a', '/a/', '/a/b.json', '/a/...', '/a/.b', '/a/b.', '/.well-known/x', '/a/..b', "/a:b@c!$&'()*+,=~-_"].map(
    (path) => [path, 'plain'] as const,
  ),
  ...['/a%20b', '/caf%C3%A9', '/a;v=1', '/%61', '/a/%2e%2e/b', '/a%2fb', '/%'].map(
    (path) => [path, 'readings'] as const,
  ),
  ...[
    '/.',
    '/..',
    '/a/.',
    '/a/..',
    '/a/./b',
    '/a/../b',
    '//',
    '//a',
    '/a//b',
    '/a//',
    '/a\\b',
    '/a\\..\\b',
    '/a#b',
  ].map((path) => [path, 'ambiguous'] as const),
  ...['/a b', '/a\0', '/a\tb', '/a\r\nb', '/a\x7f', '/caf\u00c3\u00a9', '/a;/../b'].map(
    (path) => [path, 'ambiguous'] as const,
  ),
])('%j is %s', (path, expected) => {
  expect(classifyPath(path, path.length)).toBe(expected);
  // What follows the path is not looked at.
  expect(classifyPath(`${path}?/../#`, path.length)).toBe(expected);
});

test.each([
  ['/a%20b', ['/a b']],
  ['/%61dmin', ['/admin']],
  ['/%2541', undefined],
  ['/100%25', ['/100%']],
  ['/caf%c3%a9', ['/caf\u00c3\u00a9']],
  ['/a;v=1/b;w', ['/a;v=1/b;w', '/a/b']],
  ['/a%3bv/b', ['/a;v/b', '/a/b']],
  ['/c%23', ['/c#', '/c']],
  ['/a%3f/../b', undefined],
  ['/a;x%3fy', ['/a;x?y', '/a;x', '/a']],
  ['/a/%2e%2e/b', undefined],
  ['/a/.%2e', undefined],
  ['/a/..;/b', undefined],
  ['/a/;x/b', undefined],
  ['/a/..%3fx', undefined],
  ['/a%2fb', undefined],
  ['/a%5Cb', undefined],
  ['/a%00', undefined],
  ['/a%0d%0ab', undefined],
  ['/a%7f', undefined],
  ['/a%', undefined],
  ['/a%4', undefined],
  ['/a%u002f', undefined],
  ['/a%c0%af', undefined],
  ['/a%e0%80%af', undefined],
  ['/a%f0%80%80%af', undefined],
])('%s reads as %j', (path, expected) => {
  expect(pathReadings(path)).toEqual(expected);
});

test('decoding leaves what is not encoded', () => {
  expect(decodePath('/plain')).toBe('/plain');
  expect(decodePath('/%41%42c%44')).toBe('/ABcD');
});
