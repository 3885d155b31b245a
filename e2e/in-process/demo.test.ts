/** The README's promise: one command, the table, and every verdict as the policy says. */
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TemporaryDirectory } from '@heddle/testkit';
import { expect, test } from 'vitest';

const repository = join(import.meta.dirname, '../..');

const localUpOnce = async (dir: string, stateDir: string): Promise<{ code: number; output: string }> => {
  const args = [join(repository, 'apps/cli/dist/main.js'), 'local', 'up', dir, '--once', '--state-dir', stateDir];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, NO_COLOR: '1' },
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, output: failed.stdout + failed.stderr };
  }
};

const rows = (output: string): string[] => output.split('\n').filter((line) => /^[✓✗]/.test(line));

test('every verdict of the booksapp policy is as it says, and the table names what decided', async () => {
  await using directory = await TemporaryDirectory.create();
  const { code, output } = await localUpOnce(join(repository, 'examples/booksapp'), directory.file('state'));
  expect(rows(output).filter((row) => row.startsWith('✗'))).toEqual([]);
  expect(code).toBe(0);
  for (const [caller, request, got, decidedBy] of [
    ['books', 'GET authors.booksapp/authors.json', '200', 'authors-get-policy'],
    ['webapp', 'GET authors.booksapp/authors/1', '200', 'authors-get-policy'],
    ['traffic', 'GET authors.booksapp/authors.json', '403', 'authors-get-route'],
    ['books', 'POST authors.booksapp/authors.json', '404', ''],
    ['books', 'GET authors.booksapp/admin', '404', ''],
    ['books', 'GET authors.booksapp/authors/../admin', '400', ''],
    ['no mesh (127.0.0.1)', 'GET authors.booksapp/authors.json', '403', 'authors-get-route'],
    ['books, other trust anchor', 'GET authors.booksapp/authors.json', 'closed', 'trust anchors'],
    ["traffic's token", 'certificate for books', 'none', ''],
  ] as const) {
    const row = rows(output).find((line) => line.includes(` ${caller} `) && line.includes(` ${request} `));
    expect(row, `${caller}: ${request}`).toBeDefined();
    expect(row).toContain(` ${got} `);
    expect(row).toContain(decidedBy);
  }
  expect(output).toMatch(/books +authors +TLSv1\.3 +X25519MLKEM768/);
});

test('a policy that promises something else makes the command fail', async () => {
  await using directory = await TemporaryDirectory.create();
  const dir = directory.file('booksapp');
  cpSync(join(repository, 'examples/booksapp'), dir, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  const policy = join(dir, 'k8s/authors-policy.yaml');
  writeFileSync(policy, readFileSync(policy, 'utf8').replace(/^.*"webapp\..*\n/m, ''));
  const { code, output } = await localUpOnce(dir, directory.file('state'));
  expect(code).toBe(1);
  expect(
    rows(output)
      .filter((row) => row.startsWith('✗'))
      .every((row) => row.includes('webapp')),
  ).toBe(true);
});

test('manifests with mistakes are refused with file and line, before anything starts', async () => {
  await using directory = await TemporaryDirectory.create();
  const dir = directory.file('booksapp');
  cpSync(join(repository, 'examples/booksapp'), dir, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  const policy = join(dir, 'k8s/authors-policy.yaml');
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('method: GET', 'method: FETCH'));
  const { code, output } = await localUpOnce(dir, directory.file('state'));
  expect(code).toBe(1);
  expect(output).toMatch(
    /authors-policy\.yaml:\d+.*spec\.rules\[0\]\.matches\[0\]\.method: "FETCH" is not an HTTP method; use one of GET/,
  );
});
