import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTogether } from './read-together.ts';

const names = ['crt', 'key'] as const;

const temporaryFolder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'heddle-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
};

/** As the kubelet does: a new folder, one renamed link, and the old folder is gone. */
const publish = async (dir: string, version: number): Promise<void> => {
  const folder = join(dir, `..${version}`);
  await mkdir(folder);
  for (const name of names) await writeFile(join(folder, name), `${name} ${version}`);
  await symlink(`..${version}`, join(dir, '..data_tmp'));
  await rename(join(dir, '..data_tmp'), join(dir, '..data'));
  await rm(join(dir, `..${version - 1}`), { recursive: true, force: true });
};

test('files of a mounted volume are of one version, however often it changes', async () => {
  const dir = await temporaryFolder();
  for (const name of names) await symlink(`..data/${name}`, join(dir, name));
  await publish(dir, 0);
  const progress = { isChanging: true };
  const changing = (async () => {
    for (let version = 1; version <= 150; version += 1) await publish(dir, version);
    progress.isChanging = false;
  })();
  const seen = new Set<string>();
  while (progress.isChanging) {
    const { crt, key } = await readTogether(dir, names);
    seen.add(crt?.split(' ')[1] === key?.split(' ')[1] ? 'together' : `${crt} and ${key}`);
  }
  await changing;
  expect([...seen]).toEqual(['together']);
  expect(await readTogether(dir, names)).toEqual({ crt: 'crt 150', key: 'key 150' });
});

test('an ordinary folder is read as it is; what is missing is undefined', async () => {
  const dir = await temporaryFolder();
  await writeFile(join(dir, 'crt'), 'text');
  expect(await readTogether(dir, names)).toEqual({ crt: 'text', key: undefined });
  expect(await readTogether(join(dir, 'nowhere'), names)).toEqual({ crt: undefined, key: undefined });
});
