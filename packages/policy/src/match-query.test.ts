import { expect, test } from 'vitest';
import { compileQuery, matchesQuery } from './match-query.ts';
import type { QueryParamMatch } from './model.ts';

const exact = (name: string, value: string): QueryParamMatch => ({ kind: 'exact', name, value });
const regex = (name: string, value: string): QueryParamMatch => ({ kind: 'regex', name, value });

test.each<[QueryParamMatch, string, boolean]>([
  [exact('q', '1'), '/a?q=1', true],
  [exact('q', '1'), '/a?r=2&q=1', true],
  [exact('q', '1'), '/a?q=2', false],
  [exact('q', '1'), '/a', false],
  [exact('q', '1'), '/q=1', false],
  [exact('q', '1'), '/a?Q=1', false],
  [exact('q', ''), '/a?q', true],
  [exact('q', ''), '/a?q=', true],
  [exact('q', '1=2'), '/a?q=1=2', true],
  [exact('q', '1?2'), '/a?q=1?2', true],
  [exact('q', 'a b'), '/a?q=a+b', true],
  [exact('q', 'a b'), '/a?q=a%20b', true],
  [exact('q', 'é'), '/a?q=%C3%A9', true],
  [exact('q', 'é'), '/a?q=\u00c3\u00a9', true],
  [exact('q q', '1'), '/a?q+q=1', true],
  // What an application makes of these is its own affair; here they are equal to nothing.
  [exact('q', '%'), '/a?q=%', false],
  [exact('q', '\ufffd'), '/a?q=%ff', false],
  // Twice is fine only if both agree: which one counts is not known.
  [exact('q', '1'), '/a?q=1&q=1', true],
  [exact('q', '1'), '/a?q=1&q=2', false],
  [exact('q', '1'), '/a?q=2&q=1', false],
  [exact('q', '1'), '/a?q=1&%71=2', false],
  [regex('q', '[0-9]+'), '/a?q=42', true],
  [regex('q', '[0-9]+'), '/a?q=42x', false],
  [regex('q', '('), '/a', true],
])('%j against %s: %s', (match, target, expected) => {
  expect(matchesQuery([compileQuery(match, [])], target)).toBe(expected);
});

test('all conditions must hold', () => {
  const both = [compileQuery(exact('q', '1'), []), compileQuery(exact('r', '2'), [])];
  expect(matchesQuery(both, '/?q=1&r=2')).toBe(true);
  expect(matchesQuery(both, '/?q=1')).toBe(false);
  expect(matchesQuery([], '/')).toBe(true);
});
