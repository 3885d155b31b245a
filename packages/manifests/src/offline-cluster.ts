/**
 * A cluster that exists on paper only: manifests, completed by what a cluster's controllers would make of them (pods of
 * Deployments and the like, addresses of Services), in a catalog. What the mesh would do with it can be asked without one.
 */
import { type Catalog, type CatalogOptions, createCatalog, parsePortList } from '@heddle/catalog';
import { keyOf, keyText, matchesSelector } from '@heddle/crds';
import type { KubernetesObject, Namespace, Pod, Service, ServiceAccount, Workload } from '@heddle/crds/core';
import { type IpNetwork, orThrow, parseNetwork } from '@heddle/names';

const networks = (...texts: string[]): readonly IpNetwork[] => texts.map((text) => orThrow(parseNetwork(text)));

/** The values of an install that changes none (features §2.1, DESIGN §7). */
const installDefaults: CatalogOptions = {
  controlPlaneNamespace: 'linkerd',
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  clusterNetworks: networks('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fd00::/8'),
  probeNetworks: networks('0.0.0.0/0', '::/0'),
  globalEgressNamespace: 'linkerd-egress',
  defaultInboundPolicy: 'all-authenticated',
  defaultOpaquePorts: parsePortList('25,587,3306,4444,5432,6379,9300,11211'),
  outboundTransportMode: 'transport-header',
  inboundProxyPort: 4143,
  adminProxyPort: 4191,
};

export interface OfflineCluster {
  /** What was given and what was added, by name. */
  readonly objects: readonly KubernetesObject[];
  readonly catalog: Catalog;
  readonly options: CatalogOptions;
}

/** Makes the cluster of these objects. `values` replace those of an install that changes none. */
export const createOfflineCluster = (
  given: readonly KubernetesObject[],
  values: Partial<CatalogOptions> = {},
): OfflineCluster => {
  const options = { ...installDefaults, ...values };
  const objects = completed(given, options);
  const catalog = createCatalog(options);
  catalog.reset(objects);
  return { objects, catalog, options };
};

const completed = (
  given: readonly KubernetesObject[],
  { controlPlaneNamespace }: CatalogOptions,
): readonly KubernetesObject[] => {
  const pods = given.filter((object) => object.kind === 'Pod');
  const made = given
    .filter(isWorkload)
    .filter((workload) => !pods.some((pod) => isPodOf(pod, workload)))
    .map((workload, index) => podOf(workload, `10.244.${index >> 8}.${index & 0xff}`, controlPlaneNamespace));
  const byKey = new Map<string, KubernetesObject>();
  for (const object of [...defaultAccounts(given), ...made, ...given]) byKey.set(keyText(keyOf(object)), object);
  let services = 0;
  return [...byKey.values()].map((object) => {
    if (object.kind !== 'Service' || !needsAddress(object)) return object;
    services += 1;
    return { ...object, spec: { ...object.spec, clusterIps: [`10.96.${services >> 8}.${services & 0xff}`] } };
  });
};

const workloadKinds = new Set<string>([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
] satisfies Workload['kind'][]);

/** Whether an object is a controller of pods. */
export const isWorkload = (object: KubernetesObject): object is Workload => workloadKinds.has(object.kind);

/** Whether a pod may be one of a workload's: it has all the labels of its template. */
export const isPodOf = (pod: Pod, workload: Workload): boolean =>
  pod.metadata.namespace === workload.metadata.namespace &&
  matchesSelector({ matchLabels: workload.template.labels, matchExpressions: [] }, pod.metadata.labels);

const podOf = ({ metadata, template }: Workload, address: string, controlPlaneNamespace: string): Pod => ({
  group: '',
  kind: 'Pod',
  metadata: {
    ...metadata,
    labels: {
      ...template.labels,
      ...(template.annotations['linkerd.io/inject'] === 'disabled'
        ? {}
        : { 'linkerd.io/control-plane-ns': controlPlaneNamespace }),
    },
    annotations: template.annotations,
  },
  spec: template.spec,
  status: { phase: 'Running', podIps: [address], hostIps: [], conditions: [{ type: 'Ready', status: 'True' }] },
});

const needsAddress = ({ spec }: Service): boolean =>
  spec.clusterIps.length === 0 && !spec.isHeadless && spec.type !== 'ExternalName';

/** Every namespace has a ServiceAccount `default`. */
const defaultAccounts = (given: readonly KubernetesObject[]): readonly ServiceAccount[] =>
  given
    .filter((object): object is Namespace => object.kind === 'Namespace')
    .map(({ metadata }) => ({
      group: '',
      kind: 'ServiceAccount',
      metadata: { ...metadata, namespace: metadata.name, name: 'default', labels: {}, annotations: {} },
    }));
