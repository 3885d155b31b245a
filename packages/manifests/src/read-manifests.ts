/** Manifests read once, from files and folders as a command line names them. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isManifestName } from './folder-files.ts';
import { type LocatedObject, readManifest } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { combineManifests } from './manifest-set.ts';
import { parseObject } from './parse-object.ts';
import { maxTextChars } from './yaml-documents.ts';

export interface Manifests {
  /** How many files were read. */
  readonly fileCount: number;
  /** Each object once; those of a file with an error are left out. */
  readonly objects: readonly LocatedObject[];
  readonly problems: readonly ManifestProblem[];
}

/** Reads files, and the manifests in folders (not below them). What cannot be read is a problem like others. */
export const readManifests = async (paths: readonly string[]): Promise<Manifests> => {
  const problems: ManifestProblem[] = [];
  const files = new Set<string>();
  for (const path of paths) {
    const found = await filesAt(path);
    if (typeof found === 'string') problems.push({ severity: 'error', file: path, line: 0, message: found });
    else for (const file of found) files.add(file);
  }
  const contents = await Promise.all(
    [...files].map(async (file) => {
      const text = await textOf(file);
      if (typeof text === 'string') return readManifest(file, text, parseObject);
      const problem: ManifestProblem = { severity: 'error', file, line: 0, message: text.problem };
      return { objects: [], problems: [problem] };
    }),
  );
  const set = combineManifests([contents]);
  problems.push(...contents.flatMap((content) => content.problems), ...set.problems);
  return { fileCount: files.size, objects: [...set.objects.values()], problems };
};

/** The files that a path stands for, or why there are none. */
const filesAt = async (path: string): Promise<readonly string[] | string> => {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter(isManifestName).toSorted();
    return names.length > 0 ? names.map((name) => join(path, name)) : 'the folder holds no .yaml, .yml or .json file';
  } catch (error) {
    return `cannot be read: ${reasonOf(error)}`;
  }
};

const textOf = async (file: string): Promise<string | { readonly problem: string }> => {
  try {
    if ((await stat(file)).size > maxTextChars * 4) {
      return { problem: `the file is longer than ${maxTextChars} characters; split it` };
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    return { problem: `cannot be read: ${reasonOf(error)}` };
  }
};

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file or folder';
  return code === 'EACCES' ? 'permission denied' : message;
};
