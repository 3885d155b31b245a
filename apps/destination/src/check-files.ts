/** Looks, before anything is opened, whether the files and folders of the configuration are there to be read. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { ConfigError } from '@heddle/runtime';
import type { DestinationConfig } from './config.ts';

/** @throws {ConfigError} with one line for each that cannot be used */
export const checkFiles = async ({ resources, identity }: DestinationConfig): Promise<void> => {
  const folders = resources.kind === 'folders' ? resources.folders : [];
  const problems = await Promise.all([
    ...folders.map((folder) => problemOf('HEDDLE_RESOURCE_DIRS', folder, 'folder')),
    problemOf('HEDDLE_TRUST_ANCHORS_FILE', identity.trustAnchorsFile, 'file'),
  ]);
  const errors = problems.filter((problem) => problem !== undefined);
  if (errors.length > 0) throw new ConfigError(errors);
};

const problemOf = async (variable: string, path: string, kind: 'file' | 'folder'): Promise<string | undefined> => {
  try {
    await access(path, constants.R_OK);
    const isFolder = (await stat(path)).isDirectory();
    return isFolder === (kind === 'folder') ? undefined : `${variable}: ${path} is not a ${kind}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return `${variable}: ${path} cannot be read (${code})`;
  }
};
