/** Manifests as commands that rewrite them are given them: files, folders with all below, or the standard input. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CommandFailure } from '../cluster/failure.ts';

export interface Source {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

/** @throws {CommandFailure} when one cannot be read */
export const readSources = async (paths: readonly string[]): Promise<readonly Source[]> => {
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === '-') sources.push({ name: 'standard input', text: await text(process.stdin) });
    else for (const file of await filesAt(path)) sources.push({ name: file, text: await textOf(file) });
  }
  return sources;
};

const filesAt = async (path: string): Promise<readonly string[]> => {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    const files = names.filter((name) => /\.(?:ya?ml|json)$/.test(name)).toSorted();
    if (files.length > 0) return files.map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new CommandFailure(`${path}: the folder holds no .yaml, .yml or .json file`);
};

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
};

const unreadable = (path: string, error: unknown): CommandFailure => {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CommandFailure(
    `${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file or folder' : message}`,
  );
};
