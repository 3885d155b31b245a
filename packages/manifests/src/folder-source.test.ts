import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import type { ObjectKey } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { systemClock } from '@heddle/runtime';
import { eventually, TemporaryDirectory } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderSource } from './folder-source.ts';
import type { ObjectParser } from './manifest-file.ts';
import { formatManifestProblem, type ManifestProblem } from './manifest-problem.ts';

/** Reads `{ kind: Namespace, name, note }`; a `note` of "bad" is a mistake. */
const parse: ObjectParser = (value) => {
  const { name, note } = value as { name: string; note?: string };
  if (note === 'bad') {
    return {
      kind: 'invalid',
      problems: [{ severity: 'error', path: ['note'], message: '"bad" is not a note; use another' }],
    };
  }
  const object = { group: '', kind: 'Namespace', metadata: { name, namespace: '', annotations: { note } } };
  return { kind: 'object', object: object as unknown as KubernetesObject, problems: [] };
};

let directory: TemporaryDirectory;
let events: string[];
let problems: readonly ManifestProblem[];
let source: FolderSource;

const noteOf = (object: KubernetesObject): string => `${object.metadata.name}=${object.metadata.annotations['note']}`;
const sink = {
  apply: (object: KubernetesObject) => void events.push(`apply ${noteOf(object)}`),
  delete: (key: ObjectKey) => void events.push(`delete ${key.name}`),
  reset: (objects: readonly KubernetesObject[]) => void events.push(`reset ${objects.map(noteOf).join(' ')}`),
};
const write = (file: string, ...objects: readonly [string, string][]): Promise<void> =>
  writeFile(directory.file(file), objects.map(([name, note]) => `name: ${name}\nnote: ${note}\n`).join('---\n'));
const seen = (...expected: string[]): Promise<void> => eventually(() => expect(events).toEqual(expected));
const start = async (...folders: string[]): Promise<void> => {
  source = new FolderSource({
    folders: folders.map((folder) => directory.file(folder)),
    parse,
    clock: systemClock,
    onProblems: (now) => {
      problems = now;
    },
  });
  await source.start(sink);
};

beforeEach(async () => {
  directory = await TemporaryDirectory.create();
  events = [];
  problems = [];
  await mkdir(directory.file('user'));
  await mkdir(directory.file('derived'));
});
afterEach(async () => {
  await source.close();
  await directory[Symbol.asyncDispose]();
});

test('what is there at the start is a reset; then only what changed is told', async () => {
  await write('user/a.yaml', ['one', 'x'], ['two', 'x']);
  await write('user/ignored.txt', ['no', 'x']);
  await start('user');
  await seen('reset one=x two=x');
  await write('user/a.yaml', ['one', 'x'], ['two', 'y']);
  await eventually(() => expect(events).toContain('apply two=y'));
  await write('user/b.yaml', ['three', 'z']);
  await eventually(() => expect(events).toContain('apply three=z'));
  await rm(directory.file('user/a.yaml'));
  await eventually(() => expect(events.slice(-2)).toEqual(['delete one', 'delete two']));
});

test('an editor that writes beside and renames is one change', async () => {
  await write('user/a.yaml', ['one', 'x']);
  await start('user');
  await write('user/a.yaml.swp', ['one', 'y']);
  await rename(directory.file('user/a.yaml.swp'), directory.file('user/a.yaml'));
  await seen('reset one=x', 'apply one=y');
});

test('a file with a mistake keeps its last good content and names file and line', async () => {
  await write('user/a.yaml', ['one', 'x'], ['two', 'x']);
  await start('user');
  await write('user/a.yaml', ['one', 'y'], ['two', 'bad']);
  await eventually(() =>
    expect(problems.map(formatManifestProblem)).toEqual(['a.yaml:5 note: "bad" is not a note; use another']),
  );
  expect(events).toEqual(['reset one=x two=x']);
  await write('user/a.yaml', ['one', 'y'], ['two', 'y']);
  await eventually(() => expect(problems).toEqual([]));
  expect(events.slice(1)).toEqual(['apply one=y', 'apply two=y']);
});

test('a file that was emptied to be written again loses nothing in between', async () => {
  await write('user/a.yaml', ['one', 'x']);
  await start('user');
  await writeFile(directory.file('user/a.yaml'), '');
  await write('user/a.yaml', ['one', 'y']);
  await eventually(() => expect(events).toContain('apply one=y'));
  expect(events).not.toContain('delete one');
});

test('the same object twice in a folder is a problem that names both; the first stays', async () => {
  await write('user/a.yaml', ['one', 'x']);
  await write('user/b.yaml', ['one', 'y']);
  await start('user');
  expect(events).toEqual(['reset one=x']);
  expect(problems).toMatchObject([
    { severity: 'error', line: 1, message: expect.stringContaining('a.yaml:1') as string },
  ]);
});

test('a later folder overrides an earlier one, and reveals it when its object is gone', async () => {
  await write('user/a.yaml', ['one', 'x']);
  await write('derived/objects.yaml', ['one', 'derived']);
  await start('user', 'derived');
  expect(events).toEqual(['reset one=derived']);
  expect(problems).toEqual([]);
  await rm(directory.file('derived/objects.yaml'));
  await seen('reset one=derived', 'apply one=x');
});

test('a folder that is not there is an error at the start', async () => {
  await expect(start('nowhere')).rejects.toThrow(/nowhere/);
});
