import { expect, test } from 'vitest';
import { maxTextChars, readYamlDocuments } from './yaml-documents.ts';

const example = `# a comment
apiVersion: v1
kind: List
items:
  - name: one
    rules:
      - method: GET
      - method:
          FETCH
---
kind: Second
`;

test.each([
  [['items', 0, 'rules', 1, 'method'], 8],
  [['items', 0, 'rules', 0, 'method'], 7],
  [['items', 0, 'rules', 1, 'path'], 8],
  [['items', 0, 'rules'], 6],
  [['items', 0], 5],
  [['missing'], 2],
  [[], 2],
] as const)('the line of %j is %i', (path, line) => {
  expect(readYamlDocuments(example).documents[0]?.lineOf(path)).toBe(line);
});

test('several documents, empty ones left out', () => {
  const { documents, problems } = readYamlDocuments('---\n---\na: 1\n---\n# nothing\n---\nb: 2\n');
  expect(problems).toEqual([]);
  expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
});

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]
${'bcdefghi'
  .split('')
  .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`)
  .join('\n')}
`;

test.each([
  ['bad indentation', 'a:\n  b: 1\n c: 2\n', 3, /./],
  ['a tab', 'a:\n\tb: 1\n', 2, /tab/i],
  ['a key twice', 'a: 1\nb: 2\na: 3\n', 3, /unique/i],
  ['an unclosed quote', 'a: "x\n', 2, /./],
  ['an alias bomb', bomb, 1, /alias/i],
  ['brackets without end', `a: ${'['.repeat(100_000)}`, 1, /nested deeper than 64/],
  ['dashes without end', `${'- '.repeat(10_000)}x`, 1, /nested deeper than 64/],
  [
    'indentation without end',
    Array.from({ length: 80 }, (_, depth) => `${' '.repeat(depth)}k:`).join('\n'),
    66,
    /nested deeper/,
  ],
  ['anchors that name themselves', 'a: &a [*a]\n', 1, /./],
  ['too long a text', ' '.repeat(maxTextChars + 1), 1, /longer than/],
])('%s is a problem with its line', (_, text, line, message) => {
  const { documents, problems } = readYamlDocuments(text);
  expect(documents).toEqual([]);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toMatch(message);
  expect(problems[0]?.line).toBe(line);
});

test('a text of a megabyte is only a text', () => {
  const long = 'x'.repeat(1024 * 1024);
  expect(readYamlDocuments(`a: ${long}`).documents[0]?.value).toEqual({ a: long });
});

test('brackets within texts are not nesting', () => {
  const { documents, problems } = readYamlDocuments(`script: |\n  ${'[{'.repeat(1000)}\n# ${'['.repeat(1000)}\n`);
  expect(problems).toEqual([]);
  expect(documents[0]?.value).toEqual({ script: `${'[{'.repeat(1000)}\n` });
});
