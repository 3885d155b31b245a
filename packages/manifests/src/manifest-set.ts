/**
 * The objects of a set of files: one state out of many texts. A later folder completes and overrides an earlier one (as
 * derived objects do with what a user wrote); within a folder, the same object twice is a mistake.
 */
import { keyOf, keyText } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import type { ManifestObject } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';

export interface ManifestSet<Entry extends ManifestObject> {
  readonly objects: ReadonlyMap<string, Entry>;
  /** Duplicates; the problems of each file are the file's. */
  readonly problems: readonly ManifestProblem[];
}

/** `folders`: the files of each folder, in the order of their names. */
export const combineManifests = <Entry extends ManifestObject>(
  folders: readonly (readonly { readonly objects: readonly Entry[] }[])[],
): ManifestSet<Entry> => {
  const objects = new Map<string, Entry>();
  const problems: ManifestProblem[] = [];
  for (const files of folders) {
    const own = new Map<string, Entry>();
    for (const entry of files.flatMap((file) => file.objects)) {
      const key = keyText(keyOf(entry.object));
      const first = own.get(key);
      if (first === undefined) own.set(key, entry);
      else problems.push(duplicate(entry, first));
    }
    for (const [key, entry] of own) objects.set(key, entry);
  }
  return { objects, problems };
};

const duplicate = (entry: ManifestObject, first: ManifestObject): ManifestProblem => ({
  severity: 'error',
  file: entry.file,
  line: entry.line,
  message: `${describe(entry.object)} is defined already in ${first.file}:${first.line}, which stays in force; remove one of the two`,
});

const describe = ({ kind, metadata }: KubernetesObject): string =>
  metadata.namespace === '' ? `${kind} ${metadata.name}` : `${kind} ${metadata.namespace}/${metadata.name}`;
