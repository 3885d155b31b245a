import { mkdir, writeFile } from 'node:fs/promises';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { formatManifestProblem } from './manifest-problem.ts';
import { readManifests } from './read-manifests.ts';

const account = (name: string) =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, namespace: shop }\n`;

test('files and folders, each file once, each object once', async () => {
  await using directory = await TemporaryDirectory.create();
  await mkdir(directory.file('below'));
  await writeFile(directory.file('b.yaml'), account('b'));
  await writeFile(directory.file('a.yml'), account('a'));
  await writeFile(
    directory.file('c.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
  );
  await writeFile(directory.file('again.yaml'), `${account('x')}---\n${account('b')}`);
  await writeFile(directory.file('notes.txt'), 'not: [a manifest');
  await writeFile(directory.file('heddle.local.yaml'), 'not: a manifest');
  const { fileCount, objects, problems } = await readManifests([directory.path, directory.file('b.yaml')]);
  expect(fileCount).toBe(4);
  expect(objects.map(({ object }) => object.metadata.name)).toEqual(['a', 'x', 'b', 'shop']);
  expect(problems.map(formatManifestProblem)).toEqual([
    `b.yaml:1 ServiceAccount shop/b is defined already in ${directory.file('again.yaml')}:5, which stays in force; remove one of the two`,
  ]);
});

test('what cannot be read is a problem like others', async () => {
  await using directory = await TemporaryDirectory.create();
  await mkdir(directory.file('empty'));
  await writeFile(directory.file('broken.yaml'), 'a: b: c\n');
  const { objects, problems } = await readManifests([
    directory.file('none.yaml'),
    directory.file('empty'),
    directory.file('broken.yaml'),
  ]);
  expect(objects).toEqual([]);
  expect(problems.map(formatManifestProblem)).toEqual([
    'none.yaml cannot be read: there is no such file or folder',
    'empty the folder holds no .yaml, .yml or .json file',
    expect.stringMatching(/^broken\.yaml:1 /),
  ]);
});
