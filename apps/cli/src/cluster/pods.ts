/** Pods as commands name them, with the fields of the mesh. */
import { type Cluster } from './cluster.ts';
import { CommandFailure } from './failure.ts';
import { at, listAt, mapAt, nameOf, namespaceOf, textAt } from './fields.ts';
import { kinds } from './kinds.ts';

export const proxyContainerName = 'linkerd-proxy';
const controlPlaneLabel = 'linkerd.io/control-plane-ns';

export const annotationsOf = (object: unknown): Readonly<Record<string, string>> =>
  mapAt(object, 'metadata', 'annotations');
export const labelsOf = (object: unknown): Readonly<Record<string, string>> => mapAt(object, 'metadata', 'labels');

export const containersOf = (pod: unknown): readonly unknown[] => [
  ...listAt(pod, 'spec', 'initContainers'),
  ...listAt(pod, 'spec', 'containers'),
];

export const proxyOf = (pod: unknown): unknown =>
  containersOf(pod).find((container) => textAt(container, 'name') === proxyContainerName);

/** Whether a pod carries a proxy of the control plane in this namespace. */
export const isMeshed = (pod: unknown, linkerdNamespace: string): boolean =>
  labelsOf(pod)[controlPlaneLabel] === linkerdNamespace && proxyOf(pod) !== undefined;

export const isRunning = (pod: unknown): boolean => textAt(pod, 'status', 'phase') === 'Running';

/** Whether it has ended, for good or ill. */
export const hasEnded = (pod: unknown): boolean => ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));

/** The container's status, init containers included. */
export const statusOf = (pod: unknown, container: string): unknown =>
  [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')].find(
    (status) => textAt(status, 'name') === container,
  );

export const isProxyReady = (pod: unknown): boolean => at(statusOf(pod, proxyContainerName), 'ready') === true;

/** A port of the proxy: as the pod's annotations say, else the default. */
export const proxyPortOf = (pod: unknown, annotation: 'admin-port' | 'inbound-port'): number => {
  const port = Number(annotationsOf(pod)[`config.linkerd.io/${annotation}`]);
  return Number.isInteger(port) && port > 0 ? port : annotation === 'admin-port' ? 4191 : 4143;
};

export const serviceAccountOf = (pod: unknown): string => textAt(pod, 'spec', 'serviceAccountName') || 'default';

/** The label by which an injected pod knows its controller, by the short and long names of the controller's kind. */
const ownerLabels: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  deployment: 'deployment',
  deployments: 'deployment',
  sts: 'statefulset',
  statefulset: 'statefulset',
  statefulsets: 'statefulset',
  ds: 'daemonset',
  daemonset: 'daemonset',
  daemonsets: 'daemonset',
  rs: 'replicaset',
  replicaset: 'replicaset',
  replicasets: 'replicaset',
  rc: 'replicationcontroller',
  replicationcontroller: 'replicationcontroller',
  job: 'job',
  jobs: 'job',
  cj: 'cronjob',
  cronjob: 'cronjob',
  cronjobs: 'cronjob',
};

const podKinds = new Set(['po', 'pod', 'pods']);
export const targetForms = '<pod>, po/<name>, deploy/<name>, sts/<name>, ds/<name>, job/<name> or ns/<name>';

/**
 * The running pods that a name stands for: a pod, or what controls pods, of a namespace.
 * @throws {CommandFailure} when there are none
 */
export const podsNamed = async (cluster: Cluster, target: string, namespace: string): Promise<readonly unknown[]> => {
  const [first = '', second] = target.split('/');
  const [kind, name] = second === undefined ? ['pod', first] : [first.toLowerCase(), second];
  if (kind === 'ns' || kind === 'namespace') return existing(await runningPods(cluster, name), `namespace ${name}`);
  const running = await runningPods(cluster, namespace);
  if (podKinds.has(kind)) {
    return existing(
      running.filter((pod) => nameOf(pod) === name),
      `pod ${name} in namespace ${namespace}`,
    );
  }
  const owner = ownerLabels[kind];
  if (owner === undefined) throw new CommandFailure(`${target} names nothing that has pods; write ${targetForms}`);
  const isOwned = (pod: unknown): boolean =>
    labelsOf(pod)[`linkerd.io/proxy-${owner}`] === name || ownerNames(pod, owner).has(name);
  return existing(running.filter(isOwned), `${owner} ${name} in namespace ${namespace}`);
};

/** Names of the controllers of a kind; a Deployment's and a CronJob's are those of what stands between, less its suffix. */
const ownerNames = (pod: unknown, kind: string): ReadonlySet<string> => {
  const owners = listAt(pod, 'metadata', 'ownerReferences').map((owner) => ({
    kind: textAt(owner, 'kind').toLowerCase(),
    name: textAt(owner, 'name'),
  }));
  const between = kind === 'deployment' ? 'replicaset' : kind === 'cronjob' ? 'job' : '';
  return new Set(
    owners.flatMap((owner) => {
      if (owner.kind === kind) return [owner.name];
      return owner.kind === between ? [owner.name.replace(/-[^-]+$/, '')] : [];
    }),
  );
};

const runningPods = async (cluster: Cluster, namespace: string): Promise<readonly unknown[]> =>
  (await cluster.list(kinds.pod, namespace)).filter(isRunning);

const existing = (pods: readonly unknown[], what: string): readonly unknown[] => {
  if (pods.length > 0) return pods;
  throw new CommandFailure(
    `there is no running pod of ${what}; \`kubectl get pods\` shows what there is (-n names the namespace)`,
  );
};

/** The running pods of a Deployment of the control plane. @throws {CommandFailure} when there are none */
export const controlPlanePods = async (cluster: Cluster, component?: string): Promise<readonly unknown[]> => {
  const running = await runningPods(cluster, cluster.linkerdNamespace);
  const pods = running.filter((pod) => {
    const label = labelsOf(pod)['linkerd.io/control-plane-component'];
    return component === undefined ? label !== undefined : label === component;
  });
  if (pods.length > 0) return pods;
  const what = component === undefined ? 'the control plane' : `linkerd-${component}`;
  throw new CommandFailure(
    `no pod of ${what} runs in namespace ${cluster.linkerdNamespace}; \`heddle check\` says more (-L names the namespace)`,
  );
};

export const podKey = (pod: unknown): string => `${namespaceOf(pod)}/${nameOf(pod)}`;
