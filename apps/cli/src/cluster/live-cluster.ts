/** The objects of a live cluster in a catalog: what the mesh would decide, asked from outside. */
import { formatProblem } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { meshKinds, type ResourceKind } from '@heddle/k8s';
import { createOfflineCluster, type OfflineCluster, parseObject } from '@heddle/manifests';
import type { Cluster } from './cluster.ts';
import { fullNameOf, textAt } from './fields.ts';
import { catalogOptionsFrom, requireInstall } from './install-values.ts';

export interface LiveCluster extends OfflineCluster {
  /** Objects that could not be read; the control plane cannot read them either. */
  readonly unreadable: readonly string[];
}

/** Endpoints do not matter to inbound policy, and there are many. */
const isRead = ({ kind }: ResourceKind): boolean => kind !== 'EndpointSlice' && kind !== 'Node';

/** Lists what policies are made of. @throws {ApiError} @throws {CommandFailure} when no control plane is installed */
export const readLiveCluster = async (cluster: Cluster): Promise<LiveCluster> => {
  const { values } = await requireInstall(cluster);
  const lists = await Promise.all(meshKinds.filter(isRead).map((kind) => cluster.list(kind)));
  const objects: KubernetesObject[] = [];
  const unreadable: string[] = [];
  for (const value of lists.flat()) {
    const result = parseObject(value);
    if (result.kind === 'object') objects.push(result.object);
    else if (result.kind === 'invalid') {
      unreadable.push(`${kindOf(value)} ${fullNameOf(value)}: ${result.problems.map(formatProblem).join('; ')}`);
    }
  }
  const live = createOfflineCluster(objects, catalogOptionsFrom(values, cluster.linkerdNamespace));
  return { ...live, unreadable };
};

const kindOf = (value: unknown): string => textAt(value, 'kind') || 'object';
