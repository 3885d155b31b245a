import { expect, test } from 'vitest';
import { type EditableDocument, editYaml } from './edit-yaml.ts';

const edited = (text: string, edit: (document: EditableDocument) => void): string => {
  const result = editYaml(text, edit);
  if (result.kind === 'invalid') throw new Error(result.message);
  return result.text;
};

test('what is not changed keeps its bytes', () => {
  const text = '# a\n\na:   {b: [1,2]}  # c\n---\n\n--- # empty\n---\n"x":  y\n...\n';
  expect(edited(text, () => {})).toBe(text);
  expect(edited('', () => {})).toBe('');
});

test('only the changed document is laid out anew, with its comments and its indentation', () => {
  const text = '# one\na:   1\n---\n# two\nb:\n    c: x # why\n    l:\n    - 1\n---\nd:   4\n';
  const set = (document: EditableDocument): void => {
    if (typeof document.value === 'object' && document.value !== null && 'b' in document.value) {
      document.set(['b', 'new', 'deep'], 'true');
    }
  };
  expect(edited(text, set)).toBe(
    '# one\na:   1\n---\n# two\nb:\n    c: x # why\n    l:\n      - 1\n    new:\n        deep: "true"\n---\nd:   4\n',
  );
});

test('removing takes empty maps along, as far as it may', () => {
  const text = 'a:\n  b:\n    c:\n      d: 1\n';
  const remove = (keep: number) => edited(text, (document) => document.remove(['a', 'b', 'c', 'd'], keep));
  expect(remove(4)).toBe('a:\n  b:\n    c: {}\n');
  expect(remove(2)).toBe('a:\n  b: {}\n');
  expect(remove(0)).toBe('{}\n');
});

test.each([
  ['a syntax error', 'a: [\n', 2],
  ['an alias bomb', `a: &a [x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]\n`, 1],
  ['depth', '['.repeat(100), 1],
])('%s is told with its line', (_, text, line) => {
  expect(editYaml(text, () => {})).toMatchObject({ kind: 'invalid', line });
});
