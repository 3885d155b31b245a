/** `heddle diagnostics proxy-metrics` and `controller-metrics`: what the admin ports export, pod by pod. */

import { readAdmin } from '../cluster/admin.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandFailure, failureText } from '../cluster/failure.ts';
import { listAt, nameOf, namespaceOf, numberAt, textAt } from '../cluster/fields.ts';
import { controlPlanePods, podKey, podsNamed, proxyOf, proxyPortOf } from '../cluster/pods.ts';
import { exitCodes, type Output } from '../output.ts';

export const showProxyMetrics = async (
  cluster: Cluster,
  target: string,
  namespace: string | undefined,
  output: Output,
): Promise<number> => {
  const pods = await podsNamed(cluster, target, namespace ?? cluster.namespace);
  const meshed = pods.filter((pod) => proxyOf(pod) !== undefined);
  if (meshed.length === 0) {
    throw new CommandFailure(`${pods.map(podKey).join(', ')} carries no proxy; \`heddle inject\` says how to get one`);
  }
  return show(
    cluster,
    meshed.map((pod) => [pod, proxyPortOf(pod, 'admin-port')]),
    output,
  );
};

export const showControllerMetrics = async (cluster: Cluster, output: Output): Promise<number> => {
  const pods = await controlPlanePods(cluster);
  return show(
    cluster,
    pods.flatMap((pod) => adminPortsOf(pod).map((port): [unknown, number] => [pod, port])),
    output,
  );
};

/** The ports named for it in the pod's own spec. */
const adminPortsOf = (pod: unknown): readonly number[] =>
  listAt(pod, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) =>
      textAt(port, 'name').startsWith('admin') ? [numberAt(port, 'containerPort')] : [],
    ),
  );

/** Exit code 1 when a pod did not answer; the others are shown all the same. */
const show = async (
  cluster: Cluster,
  targets: readonly (readonly [pod: unknown, port: number])[],
  output: Output,
): Promise<number> => {
  let failures = 0;
  for (const [pod, port] of targets) {
    const target = { namespace: namespaceOf(pod), pod: nameOf(pod), port };
    try {
      const metrics = await readAdmin(cluster, target, '/metrics');
      output.out(`# POD ${podKey(pod)} PORT ${port}\n${metrics}\n`);
    } catch (error) {
      const reason = failureText(error);
      if (reason === undefined) throw error;
      failures += 1;
      output.error(`${reason}\n`);
    }
  }
  return failures === 0 ? exitCodes.ok : exitCodes.failed;
};
