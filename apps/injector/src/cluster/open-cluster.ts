/** What is known of the cluster, from wherever the configuration says: folders of manifests, or the API server. */
import type { EventReport, ResourcesConfig } from '@heddle/k8s';
import { FolderSource, formatManifestProblem, parseObject } from '@heddle/manifests';
import type { KnownObjects } from './known-objects.ts';
import { type KubernetesOptions, openKubernetes } from './kubernetes.ts';
import type { NamespaceLookup } from './lookup.ts';

export interface Cluster {
  readonly lookup: NamespaceLookup;
  /** Tells people of an object; folders of manifests have nobody to tell. Returns at once. */
  readonly tell: (report: EventReport) => void;
  /** Folders are read when this resolves. An API server may be away for long, and is not waited for. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface ClusterOptions extends KubernetesOptions {
  /** How many mistakes manifests have now. */
  readonly onProblems: (errors: number) => void;
}

/** Not yet started. @throws {ConfigError} when access to the API server is not configured as it should be */
export const openCluster = async (
  resources: ResourcesConfig,
  known: KnownObjects,
  options: ClusterOptions,
): Promise<Cluster> => {
  if (resources.kind === 'kubernetes') return openKubernetes(resources.access, known, options);
  const { clock, log, onProblems } = options;
  const source = new FolderSource({
    folders: resources.folders,
    clock,
    parse: parseObject,
    onProblems: (problems) => {
      for (const problem of problems) log.warn(formatManifestProblem(problem));
      onProblems(problems.filter(({ severity }) => severity === 'error').length);
    },
  });
  return { lookup: known, tell: () => {}, start: () => source.start(known), close: () => source.close() };
};
