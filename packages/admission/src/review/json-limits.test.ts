import { expect, test } from 'vitest';
import { isNestedDeeper } from './json-limits.ts';

test.each([
  ['', false],
  ['{}', false],
  ['[[1],[2],{"a":{}}]', false],
  ['[[[[]]]]', true],
  ['{"a":[{"b":[]}]}', true],
  ['"[[[[[["', false],
  [String.raw`["\"[[[[", "\\", [[]]]`, false],
  [String.raw`["\\", [[[]]]]`, true],
  ['[[[', false],
  [']]]][[[[', false],
])('%s', (json, expected) => {
  expect(isNestedDeeper(Buffer.from(json), 3)).toBe(expected);
});
