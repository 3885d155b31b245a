import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileHost, isHost, normalizeHost } from './match-host.ts';
import type { HostMatch } from './model.ts';

const exact = (host: string): HostMatch => ({ kind: 'exact', host });
const suffix = (...labels: string[]): HostMatch => ({ kind: 'suffix', reverseLabels: labels.toReversed() });

test.each<[HostMatch, string, boolean]>([
  [exact('api.shop.test'), 'api.shop.test', true],
  [exact('API.shop.test.'), 'api.shop.test', true],
  [exact('api.shop.test'), 'shop.test', false],
  [suffix('shop', 'test'), 'api.shop.test', true],
  [suffix('shop', 'test'), 'v1.api.shop.test', true],
  [suffix('shop', 'test'), 'shop.test', false],
  [suffix('shop', 'test'), 'workshop.test', false],
  [suffix('shop', 'test'), '.shop.test', false],
  [suffix('Shop', 'test'), 'api.shop.test', true],
])('%j against %s: %s', (match, host, expected) => {
  expect(isHost(compileHost(match), host)).toBe(expected);
});

test('exact ranks above suffix, longer above shorter, and any host, which has no matcher, at 0', () => {
  const ascending = [suffix('test'), suffix('c', 'test'), suffix('b', 'c', 'test'), exact('a.b.c.test')];
  const ranks = ascending.map((match) => compileHost(match).rank);
  expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  expect(new Set([0, ...ranks]).size).toBe(5);
});

test.each<[string, string | undefined]>([
  ['', ''],
  ['a.test', 'a.test'],
  ['A.TEST:80', 'a.test'],
  ['a.test.', 'a.test'],
  ['a.test.:', 'a.test'],
  ['10.0.0.1:80', '10.0.0.1'],
  ['[FD00::1]:80', '[fd00::1]'],
  ['my_host', 'my_host'],
  ['user@a.test', undefined],
  ['a..test', undefined],
  ['.a.test', undefined],
  ['a.test..', undefined],
  ['a%2etest', undefined],
  ['a test', undefined],
  ['a.test/x', undefined],
  ['a.test:80:80', undefined],
  ['a.test:x', undefined],
  [' a.test', undefined],
  ['a.test\t', undefined],
  [':80', undefined],
  ['[fd00::1', undefined],
  ['a,b', undefined],
  ['a.test\0', undefined],
])('the host of %j is %j', (authority, host) => {
  expect(normalizeHost(authority)).toBe(host);
});

test('64 spellings of an authority are one host', () => {
  const name = 'api.shop.test';
  const spelling = fc
    .tuple(
      fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }),
      fc.boolean(),
      fc.constantFrom('', ':', ':80', ':65535'),
    )
    .map(([upper, hasDot, port]) => {
      const cased = name.split('').map((letter, at) => (upper[at] === true ? letter.toUpperCase() : letter));
      return `${cased.join('')}${hasDot ? '.' : ''}${port}`;
    });
  fc.assert(
    fc.property(spelling, (authority) => {
      expect(normalizeHost(authority)).toBe(name);
    }),
    { numRuns: 640 },
  );
});
