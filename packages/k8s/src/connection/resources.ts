/** Where a process knows the objects of its cluster from: the API server, or folders of manifests. */
import { type EnvironmentReader, expected, parsed, type TextParser } from '@heddle/runtime';
import { type KubernetesAccess, kubernetesAccess } from './access.ts';

export type ResourcesConfig =
  | { readonly kind: 'kubernetes'; readonly access: KubernetesAccess }
  /** Watched folders of manifests; later ones override earlier ones, object by object. */
  | { readonly kind: 'folders'; readonly folders: readonly string[] };

const apiVariable = 'HEDDLE_KUBERNETES';
const foldersVariable = 'HEDDLE_RESOURCE_DIRS';

/** One of the two variables must be set, and not both: what is wrong is the reader's to report. */
export const resourcesFrom = (reader: EnvironmentReader): ResourcesConfig => {
  if (!reader.isSet(apiVariable)) {
    return { kind: 'folders', folders: reader.required(foldersVariable, folders) };
  }
  if (reader.isSet(foldersVariable)) {
    reader.problem(`${apiVariable} and ${foldersVariable} are both set; objects come from one or the other`);
  }
  return { kind: 'kubernetes', access: reader.required(apiVariable, kubernetesAccess) };
};

const folders: TextParser<readonly string[]> = (value) => {
  const list = value.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
  return list.length > 0 ? parsed(list) : expected('a comma-separated list of folders');
};
