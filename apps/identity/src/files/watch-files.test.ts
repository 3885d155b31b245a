import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { systemClock } from '@heddle/runtime';
import { eventually, FakeClock, TemporaryDirectory } from '@heddle/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type WatchFilesOptions, watchFiles } from './watch-files.ts';

const start = (path: string, options: Pick<WatchFilesOptions, 'clock' | 'pollMs'>) => {
  const abort = new AbortController();
  const seen: string[] = [];
  const read = async (): Promise<void> => void seen.push(await readFile(path, 'utf8').catch(() => 'missing'));
  const done = watchFiles({ paths: [path], ...options, signal: abort.signal, read });
  onTestFinished(async () => {
    abort.abort();
    await done;
  });
  return seen;
};

const never = { clock: systemClock, pollMs: 3_600_000 };

test('a change is read when it is notified: written, replaced, removed, and back in a folder that is new', async () => {
  await using dir = await TemporaryDirectory.create();
  const folder = dir.file('secret');
  await mkdir(folder);
  const path = `${folder}/key`;
  const seen = start(path, never);
  await eventually(() => expect(seen.at(-1)).toBe('missing'));
  await writeFile(path, 'one');
  await eventually(() => expect(seen.at(-1)).toBe('one'));
  await writeFile(`${path}.new`, 'two');
  await rename(`${path}.new`, path);
  await eventually(() => expect(seen.at(-1)).toBe('two'));
  await rm(path);
  await eventually(() => expect(seen.at(-1)).toBe('missing'));
});

test('the links of a mounted Secret are followed', async () => {
  await using dir = await TemporaryDirectory.create();
  for (const version of ['v1', 'v2']) {
    await mkdir(dir.file(version));
    await writeFile(`${dir.file(version)}/key`, version);
  }
  await symlink('v1', dir.file('..data'));
  await symlink('..data/key', dir.file('key'));
  const seen = start(dir.file('key'), never);
  await eventually(() => expect(seen.at(-1)).toBe('v1'));
  await symlink('v2', dir.file('..data_tmp'));
  await rename(dir.file('..data_tmp'), dir.file('..data'));
  await eventually(() => expect(seen.at(-1)).toBe('v2'));
});

test('a change that nobody notifies of is found by asking', async () => {
  await using dir = await TemporaryDirectory.create();
  // What changes is in another folder than the one that is watched.
  await mkdir(dir.file('elsewhere'));
  await mkdir(dir.file('watched'));
  await writeFile(`${dir.file('elsewhere')}/key`, 'one');
  await symlink('../elsewhere/key', `${dir.file('watched')}/key`);
  const clock = new FakeClock();
  const seen = start(`${dir.file('watched')}/key`, { clock, pollMs: 5000 });
  await eventually(() => expect(seen).toEqual(['one']));
  await writeFile(`${dir.file('elsewhere')}/key`, 'two');
  await clock.advanceAsync(4999);
  expect(seen).toEqual(['one']);
  await clock.advanceAsync(100);
  await eventually(() => expect(seen.at(-1)).toBe('two'));
});

test('a folder that comes later is found by asking, and watched from then on', async () => {
  await using dir = await TemporaryDirectory.create();
  const path = `${dir.file('later')}/key`;
  const seen = start(path, { clock: systemClock, pollMs: 20 });
  await eventually(() => expect(seen.at(-1)).toBe('missing'));
  await mkdir(dir.file('later'));
  await writeFile(path, 'here');
  await eventually(() => expect(seen.at(-1)).toBe('here'));
});
