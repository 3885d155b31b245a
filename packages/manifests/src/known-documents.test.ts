import { expect, test } from 'vitest';
import { type KnownDocuments, readManifestAgain } from './known-documents.ts';
import { type ObjectParser, readManifest } from './manifest-file.ts';
import { parseObject } from './parse-object.ts';

const account = (name: string): string => `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n`;
const wrong =
  'apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata:\n  name: x\nspec:\n  port: 99999\n  podSelector: {}\n';

test.each([
  ['several documents', [account('a'), account('b'), account('c')].join('---\n')],
  ['a leading separator and comments', `# first\n---\n${account('a')}--- # second\n${account('b')}`],
  ['a mistake in a later document', [account('a'), wrong, account('c')].join('---\n')],
  ['a list', `apiVersion: v1\nkind: List\nitems:\n- ${account('a').replaceAll('\n', '\n  ').trimEnd()}\n`],
  [
    'separators within a text',
    `${account('a')}  annotations:\n    note: |\n      x\n      --- y\n---\n${account('b')}`,
  ],
  ['document ends', `${account('a')}...\n---\n${account('b')}`],
  ['a directive', `%YAML 1.2\n---\n${account('a')}---\n${account('b')}`],
  ['Windows line ends', [account('a'), account('b')].join('---\n').replaceAll('\n', '\r\n')],
  ['nothing', ''],
])('%s: read in parts as in one', (_, text) => {
  const whole = readManifest('a.yaml', text, parseObject);
  const { file } = readManifestAgain('a.yaml', text, parseObject);
  expect(file.problems).toEqual(whole.problems);
  expect(file.objects).toEqual(whole.objects.map(({ object, file: name, line }) => ({ object, file: name, line })));
});

test('after an edit only the document that changed is parsed; the others keep their objects and move their lines', () => {
  let parsed = 0;
  const counting: ObjectParser = (value) => {
    parsed += 1;
    return parseObject(value);
  };
  const read = (text: string, known?: KnownDocuments) => readManifestAgain('a.yaml', text, counting, known);
  const before = read([account('a'), account('b'), account('c')].join('---\n'));
  const after = read([account('a'), `# new\n${account('bb')}`, account('c')].join('---\n'), before.documents);
  expect(parsed).toBe(4);
  expect(after.file.objects.map(({ object, line }) => [object.metadata.name, line])).toEqual([
    ['a', 1],
    ['bb', 7],
    ['c', 12],
  ]);
  expect(after.file.objects[0]?.object).toBe(before.file.objects[0]?.object);
  expect(after.file.objects[2]?.object).toBe(before.file.objects[2]?.object);
});
