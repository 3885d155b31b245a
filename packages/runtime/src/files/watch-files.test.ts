import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Clock, systemClock } from '../clock.ts';
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

/** A folder of the test's own; the path of a name in it. */
const temporaryFolder = async (): Promise<(name: string) => string> => {
  const path = await mkdtemp(join(tmpdir(), 'heddle-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return (name) => join(path, name);
};

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

const never = { clock: systemClock, pollMs: 3_600_000 };

test('a change is read when it is notified: written, replaced, removed, and back in a folder that is new', async () => {
  const file = await temporaryFolder();
  const folder = file('secret');
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
  const file = await temporaryFolder();
  for (const version of ['v1', 'v2']) {
    await mkdir(file(version));
    await writeFile(`${file(version)}/key`, version);
  }
  await symlink('v1', file('..data'));
  await symlink('..data/key', file('key'));
  const seen = start(file('key'), never);
  await eventually(() => expect(seen.at(-1)).toBe('v1'));
  await symlink('v2', file('..data_tmp'));
  await rename(file('..data_tmp'), file('..data'));
  await eventually(() => expect(seen.at(-1)).toBe('v2'));
});

test('a change that nobody notifies of is found by asking', async () => {
  const file = await temporaryFolder();
  // What changes is in another folder than the one that is watched.
  await mkdir(file('elsewhere'));
  await mkdir(file('watched'));
  await writeFile(`${file('elsewhere')}/key`, 'one');
  await symlink('../elsewhere/key', `${file('watched')}/key`);
  let poll = (): void => {};
  const clock: Clock = {
    ...systemClock,
    every: (_intervalMs, task) => {
      poll = task;
      return { cancel: () => {} };
    },
  };
  const seen = start(`${file('watched')}/key`, { clock, pollMs: 5000 });
  await eventually(() => expect(seen).toEqual(['one']));
  await writeFile(`${file('elsewhere')}/key`, 'two');
  poll();
  await eventually(() => expect(seen.at(-1)).toBe('two'));
});

test('a folder that comes later is found by asking, and watched from then on', async () => {
  const file = await temporaryFolder();
  const path = `${file('later')}/key`;
  const seen = start(path, { clock: systemClock, pollMs: 20 });
  await eventually(() => expect(seen.at(-1)).toBe('missing'));
  await mkdir(file('later'));
  await writeFile(path, 'here');
  await eventually(() => expect(seen.at(-1)).toBe('here'));
});
