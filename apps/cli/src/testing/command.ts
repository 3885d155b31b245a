/** Runs command lines in tests, and remembers what they wrote. */
import { join } from 'node:path';
import { run } from '../run.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

export const runCommand = async (...args: readonly string[]): Promise<CommandResult> => {
  let out = '';
  let error = '';
  const exitCode = await run(args, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { exitCode, out, error };
};

/** A file that holds what a command should write; `vitest -u` writes it anew. */
export const goldenFile = (name: string): string => join(import.meta.dirname, '../testdata', `${name}.golden.txt`);

/** The folder of the booksapp example. */
export const booksapp = join(import.meta.dirname, '../../../../examples/booksapp');
