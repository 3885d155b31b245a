/** Programs, run from the repository's root with their output shown. */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export const say = (text: string): void => void process.stderr.write(`e2e: ${text}\n`);

export const succeeds = (program: string, args: readonly string[], options: SpawnSyncOptions = {}): boolean =>
  spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options }).status === 0;

/** @throws when it fails */
export const run = (program: string, args: readonly string[], options: SpawnSyncOptions = {}): void => {
  if (!succeeds(program, args, options)) throw new Error(`${program} ${args.slice(0, 3).join(' ')} failed`);
};
