/** `heddle local up --isolation netns`: the outer command makes and removes the mesh's namespace, the inner one runs in it. */
import { bundle, fileInDist } from '../bundles.ts';
import type { Isolation } from '../isolation.ts';
import { enteredMesh, enterMesh, meshNamespaceNote } from './enter.ts';
import { namespaceIsolation } from './isolation.ts';
import { missingForNamespaces } from './requirements.ts';

/** `run` is called in the inner command only; the exit code is its own. */
export const withNamespaces = async (
  dir: string,
  say: (text: string) => void,
  run: (isolation: Isolation) => Promise<number>,
): Promise<number> => {
  const mesh = enteredMesh();
  if (mesh !== undefined) {
    say(meshNamespaceNote(mesh));
    return run(namespaceIsolation(mesh, [process.execPath, bundle('init')]));
  }
  const missing = missingForNamespaces({
    proxyBundle: bundle('proxy'),
    proxyAddon: fileInDist('proxy', 'original-destination.node'),
    dir,
  });
  for (const each of missing) say(`--isolation netns: ${each}`);
  return missing.length > 0 ? 1 : enterMesh(say);
};
