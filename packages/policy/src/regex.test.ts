import { expect, test } from 'vitest';
import { compileRegex, matchesRegex, regexLimits } from './regex.ts';

const matches = (pattern: string, text: string): boolean => {
  const regex = compileRegex(pattern);
  if ('problem' in regex) throw new Error(regex.problem);
  return matchesRegex(regex, text);
};

test.each([
  ['a|ab', 'ab', true],
  ['a', 'ab', false],
  ['a', 'ba', false],
  ['/users/[0-9]+', '/users/42', true],
  ['/users/[0-9]+', '/users/42/admin', false],
  ['a$', 'a\n', false],
  ['^a$', 'a', true],
  ['(?i)a', 'A', true],
  ['', '', true],
  ['', 'a', false],
])('%s, anchored, against %j: %s', (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});

test.each([
  ['(', /is not RE2 syntax/],
  ['a{1001}', /is not RE2 syntax/],
  ['(a)\\1', /is not RE2 syntax/],
  ['((a{30}){30}){30}', /is not RE2 syntax/],
  ['(a?){300}a{300}', /needs \d+ instructions/],
  ['a'.repeat(regexLimits.patternLength + 1), /longer than 4096/],
])('%s is refused', (pattern, problem) => {
  expect(compileRegex(pattern)).toMatchObject({ problem: expect.stringMatching(problem) });
});

// A backtracking engine would need some 2^20000 steps, or the 20th power of 20000: the test would not end.
test.each(['(a+)+b', '(a|a)*b', '(a|aa)+b', '(.*)*b', '(.*a){20}b'])('%s takes linear time', (pattern) => {
  expect(matches(pattern, `${'a'.repeat(20_000)}c`)).toBe(false);
});
