/** Pods of a cluster as proxies to ask: through a forwarded port, for the identity of their ServiceAccount. */
import { serviceAccountIdentity } from '@heddle/names';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { nameOf, namespaceOf } from '../cluster/fields.ts';
import { requireInstall, trustDomainFrom, trustRoots } from '../cluster/install-values.ts';
import { isMeshed, podKey, podsNamed, proxyPortOf, serviceAccountOf } from '../cluster/pods.ts';
import type { Subject } from './subject.ts';

export interface PodSubjects {
  readonly subjects: readonly Subject[];
  /** Of the install; undefined when they cannot be read. */
  readonly anchorsPem: string | undefined;
}

/** @throws {CommandFailure} when no pod of that name carries a proxy */
export const podSubjects = async (
  cluster: Cluster,
  target: string | undefined,
  namespaceGiven: string | undefined,
): Promise<PodSubjects> => {
  const namespace = namespaceGiven ?? cluster.namespace;
  const [{ values }, anchorsPem, pods] = await Promise.all([
    requireInstall(cluster),
    trustRoots(cluster),
    podsNamed(cluster, target ?? `ns/${namespace}`, namespace),
  ]);
  const domain = { controlPlaneNamespace: cluster.linkerdNamespace, trustDomain: trustDomainFrom(values) };
  const meshed = pods.filter((pod) => isMeshed(pod, cluster.linkerdNamespace));
  if (meshed.length === 0) {
    throw new CommandFailure(
      `none of ${pods.map(podKey).join(', ')} carries a proxy of the control plane in ${cluster.linkerdNamespace}; annotate them with heddle inject, and restart them`,
    );
  }
  return {
    anchorsPem,
    subjects: meshed.map((pod) => {
      const port = proxyPortOf(pod, 'admin-port');
      const where = { namespace: namespaceOf(pod), pod: nameOf(pod), port };
      const account = { namespace: where.namespace, name: serviceAccountOf(pod) };
      return {
        host: where.pod,
        port,
        name: `pod ${podKey(pod)}`,
        serverName: serviceAccountIdentity(account, domain),
        open: () => cluster.forward(where),
      };
    }),
  };
};
