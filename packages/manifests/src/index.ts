/** YAML files and watched folders of manifests, with file and line for every mistake. */
export { checkResources } from './check-resources.ts';
export { type EditableDocument, type EditedYaml, editYaml } from './edit-yaml.ts';
export { FolderFiles, localMeshFile } from './folder-files.ts';
export { FolderSource, type FolderSourceOptions } from './folder-source.ts';
export {
  type LocatedObject,
  type ManifestFile,
  type ManifestObject,
  type ObjectParser,
  type ParsedObject,
  readManifest,
} from './manifest-file.ts';
export { formatManifestProblem, type ManifestProblem } from './manifest-problem.ts';
export { combineManifests, type ManifestSet } from './manifest-set.ts';
export { createOfflineCluster, isPodOf, isWorkload, type OfflineCluster } from './offline-cluster.ts';
export { parseObject } from './parse-object.ts';
export { type Manifests, readManifests } from './read-manifests.ts';
export { readYamlDocuments, type YamlDocument, type YamlDocuments } from './yaml-documents.ts';
