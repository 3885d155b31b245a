import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { booksapp, goldenFile, runCommand } from '../testing/command.ts';

const authorsPolicy = join(booksapp, 'k8s', 'authors-policy.yaml');

test('the booksapp example has no problems, named by its folder or by that of its manifests', async () => {
  for (const path of [booksapp, join(booksapp, 'k8s')]) {
    const { exitCode, out } = await runCommand('policy', 'check', path);
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: expect.stringMatching(/^8 files, \d+ objects: no problems\n$/),
    });
  }
});

test('a file alone refers to what is not there; with --partial that is a warning', async () => {
  const whole = await runCommand('policy', 'check', authorsPolicy);
  expect(whole.exitCode).toBe(1);
  await expect(whole.out).toMatchFileSnapshot(goldenFile('check-alone'));
  const partial = await runCommand('policy', 'check', '--partial', authorsPolicy);
  expect(partial.exitCode).toBe(0);
  await expect(partial.out).toMatchFileSnapshot(goldenFile('check-partial'));
});

test('mistakes, with file and line; as JSON too', async () => {
  await using directory = await TemporaryDirectory.create();
  const policy = await readFile(authorsPolicy, 'utf8');
  await directory.write(
    'authors-policy.yaml',
    policy.replace('method: GET', 'method: FETCH').replace('identities:', 'identites:'),
  );
  await directory.write('broken.yaml', 'apiVersion: v1\nkind: [Namespace\n');
  await directory.write('other.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n');
  const text = await runCommand('policy', 'check', directory.path);
  expect(text.exitCode).toBe(1);
  await expect(text.out).toMatchFileSnapshot(goldenFile('check-mistakes'));
  const json = await runCommand('policy', 'check', directory.path, '-o', 'json');
  expect(json.exitCode).toBe(1);
  const answer = JSON.parse(json.out) as { problems: { file: string }[] };
  expect(answer).toMatchObject({ files: 3, objects: 0, errors: 3, warnings: 0 });
  expect(answer.problems[0]).toMatchObject({
    severity: 'error',
    file: directory.file('authors-policy.yaml'),
    line: 19,
  });
});

test('a folder that is not there', async () => {
  const { exitCode, out } = await runCommand('policy', 'check', join(booksapp, 'nowhere'));
  expect(exitCode).toBe(1);
  expect(out).toContain('nowhere cannot be read: there is no such file or folder\n');
});
