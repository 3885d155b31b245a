/**
 * Noticing that files changed: by the system's notification, which is quick, and by asking every few seconds, which
 * cannot be missed. Secrets and ConfigMaps are mounted as links that change in one step (`..data`), editors replace files,
 * so it is the folder that is watched; and since a notification can get lost (and then an old issuer stays in use until
 * it expires), a change is whatever the next reading finds to be different.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, sleep } from '../clock.ts';

export interface WatchFilesOptions {
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly pollMs: number;
  readonly signal: AbortSignal;
  /** Reads the files anew; called once at the start and after each hint, never twice at a time. Must not reject. */
  readonly read: () => Promise<void>;
}

/** Several files change one after the other; reading waits until they are quiet for this long. */
const settleMs = 50;

/** Runs until `signal` aborts. */
export const watchFiles = async ({ paths, clock, pollMs, signal, read }: WatchFilesOptions): Promise<void> => {
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  const watchers = new Map<string, FSWatcher>();
  let wake: (() => void) | undefined;
  let isDirty = false;
  const hint = (): void => {
    isDirty = true;
    wake?.();
  };
  const poll = clock.every(pollMs, hint);
  signal.addEventListener('abort', hint);
  try {
    while (!signal.aborted) {
      isDirty = false;
      // A folder may not exist yet, or be replaced; polling goes on meanwhile.
      for (const folder of folders) watchFolder(folder, watchers, hint);
      await read();
      if (!isDirty) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      await sleep(clock, settleMs, signal);
    }
  } finally {
    signal.removeEventListener('abort', hint);
    poll.cancel();
    for (const watcher of watchers.values()) watcher.close();
  }
};

const watchFolder = (folder: string, watchers: Map<string, FSWatcher>, hint: () => void): void => {
  if (watchers.has(folder)) return;
  const drop = (): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  try {
    const watcher = watch(folder, { persistent: false }, (event) => {
      // The folder itself was moved or removed: what now bears its name must be watched anew.
      if (event === 'rename') drop();
      hint();
    });
    watcher.on('error', drop);
    watchers.set(folder, watcher);
  } catch {
    drop();
  }
};
