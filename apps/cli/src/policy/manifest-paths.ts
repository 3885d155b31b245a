/** Which files the commands on policy mean by the paths they are given. */
import { join } from 'node:path';
import { readLocalMesh } from '../local/manifest-folder.ts';

/** A folder with a `heddle.local.yaml` means the folder of manifests that this file names. */
export const manifestPaths = (paths: readonly string[]): Promise<readonly string[]> => Promise.all(paths.map(pathOf));

const pathOf = async (path: string): Promise<string> => {
  const local = await readLocalMesh(path);
  return local.kind === 'ok' ? join(path, local.mesh.manifests) : path;
};
