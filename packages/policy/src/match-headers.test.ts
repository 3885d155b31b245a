import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileHeader, joinedHeader, matchesHeaders } from './match-headers.ts';
import type { HeaderMatch } from './model.ts';
import { requestFrom } from './request-from.ts';

const matches = (match: HeaderMatch, ...headers: readonly (readonly [string, string])[]): boolean =>
  matchesHeaders([compileHeader(match, [])], requestFrom({ headers }));

const exact = (value: string, name = 'x-role'): HeaderMatch => ({ kind: 'exact', name, value });
const regex = (value: string, name = 'x-role'): HeaderMatch => ({ kind: 'regex', name, value });

test.each<[HeaderMatch, readonly (readonly [string, string])[], boolean]>([
  [exact('a'), [['x-role', 'a']], true],
  [exact('a'), [['X-Role', 'a']], true],
  [exact('a', 'X-ROLE'), [['x-role', 'a']], true],
  [exact('a'), [['x-role', 'A']], false],
  [exact('a'), [], false],
  [exact(''), [['x-role', '']], true],
  [exact(''), [], false],
  [exact('a'), [['x-other', 'a']], false],
  // Neither the first, nor the last, nor any line alone decides.
  [
    exact('a'),
    [
      ['x-role', 'a'],
      ['x-role', 'b'],
    ],
    false,
  ],
  [
    exact('b'),
    [
      ['x-role', 'a'],
      ['x-role', 'b'],
    ],
    false,
  ],
  [
    exact('a, b'),
    [
      ['x-role', 'a'],
      ['x-role', 'b'],
    ],
    true,
  ],
  [exact('a,b'), [['x-role', 'a \t,  b']], true],
  [regex('[ab]'), [['x-role', 'a']], true],
  [regex('[ab]'), [['x-role', 'ab']], false],
  [
    regex('a, b'),
    [
      ['x-role', 'a'],
      ['x-role', 'b'],
    ],
    true,
  ],
  [
    regex('.*s=1.*', 'cookie'),
    [
      ['cookie', 'r=2'],
      ['cookie', 's=1'],
    ],
    true,
  ],
  [exact('r=2; s=1', 'cookie'), [['cookie', 'r=2;s=1']], true],
  [exact('a,b', 'cookie'), [['cookie', 'a,b']], true],
])('%j with %j: %s', (match, headers, expected) => {
  expect(matches(match, ...headers)).toBe(expected);
});

test('an expression that cannot be used holds, even without the header', () => {
  expect(matches(regex('('))).toBe(true);
});

test('a list is the same however it is split over lines and spaced', () => {
  const element = fc.constantFrom('a', 'b', '', 'a=1', '"q"');
  const spacing = fc.constantFrom('', ' ', '\t', '  ');
  const list = fc.array(fc.tuple(element, spacing, spacing, fc.boolean()), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(list, (elements) => {
      const lines: string[] = [];
      for (const [text, before, after, startsLine] of elements) {
        const spaced = `${before}${text}${after}`;
        if (startsLine || lines.length === 0) lines.push(spaced);
        else lines.push(`${lines.pop()},${spaced}`);
      }
      const request = requestFrom({ headers: lines.map((line) => ['x-role', line] as const) });
      expect(joinedHeader(request, 'x-role')).toBe(elements.map(([text]) => text).join(', '));
    }),
  );
});
