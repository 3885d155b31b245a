/**
 * The objects that a cluster's controllers would have made: pods of the Deployments, cluster addresses of the Services,
 * EndpointSlices. Written as Kubernetes objects, so that whoever reads them need not know of local mode.
 */
import { matchesSelector } from '@heddle/crds';
import type { MeshPlan, PlannedService, PlannedWorkload } from './plan.ts';
import { controlPlaneNamespace } from './plan.ts';

type Manifest = Readonly<Record<string, unknown>>;

/** Every derived object of the mesh; `isReady` says whether a workload's readiness probes pass. */
export const derivedObjects = (plan: MeshPlan, isReady: (workload: PlannedWorkload) => boolean): Manifest[] => [
  ...plan.workloads.map((workload) => podOf(workload, isReady(workload))),
  ...plan.services.map(serviceWithAddress),
  ...plan.services.map((service) => sliceOf(service, plan.workloads, isReady)),
];

const podOf = (workload: PlannedWorkload, isReady: boolean): Manifest => {
  const { template } = workload.manifest;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: workload.pod,
      namespace: workload.config.namespace,
      labels: {
        ...template.labels,
        'linkerd.io/control-plane-ns': controlPlaneNamespace,
        'linkerd.io/workload-ns': workload.config.namespace,
        [`linkerd.io/proxy-${workload.manifest.kind.toLowerCase()}`]: workload.config.name,
      },
      annotations: template.annotations,
    },
    spec: {
      serviceAccountName: workload.serviceAccount,
      nodeName: 'local',
      containers: template.spec.containers.map(({ name, ports, livenessProbe, readinessProbe, startupProbe }) => ({
        name,
        ports: ports.map((port) => (port.name === '' ? { ...port, name: undefined } : port)),
        livenessProbe,
        readinessProbe,
        startupProbe,
      })),
    },
    status: {
      phase: 'Running',
      podIP: workload.address,
      podIPs: [{ ip: workload.address }],
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    },
  };
};

const serviceWithAddress = ({ service, clusterIp }: PlannedService): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadataOf(service.metadata),
  spec: {
    type: service.spec.type,
    ...(service.spec.isHeadless ? { clusterIP: 'None' } : { clusterIP: clusterIp, clusterIPs: [clusterIp] }),
    selector: service.spec.selector,
    internalTrafficPolicy: service.spec.internalTrafficPolicy,
    publishNotReadyAddresses: service.spec.publishNotReadyAddresses,
    ports: service.spec.ports.map((port) => ({
      ...(port.name === '' ? {} : { name: port.name }),
      port: port.port,
      targetPort: port.targetPort,
      protocol: port.protocol,
      ...(port.appProtocol === '' ? {} : { appProtocol: port.appProtocol }),
    })),
  },
});

const sliceOf = (
  { service }: PlannedService,
  workloads: readonly PlannedWorkload[],
  isReady: (workload: PlannedWorkload) => boolean,
): Manifest => {
  const selector = { matchLabels: service.spec.selector, matchExpressions: [] };
  const hasSelector = Object.keys(service.spec.selector).length > 0;
  const backing = workloads.filter(
    ({ config, manifest }) =>
      hasSelector &&
      config.namespace === service.metadata.namespace &&
      matchesSelector(selector, manifest.template.labels),
  );
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.metadata.name}-local`,
      namespace: service.metadata.namespace,
      labels: { 'kubernetes.io/service-name': service.metadata.name },
    },
    addressType: 'IPv4',
    endpoints: backing.map((workload) => ({
      addresses: [workload.address],
      conditions: { ready: isReady(workload), serving: isReady(workload), terminating: false },
      nodeName: 'local',
      targetRef: { kind: 'Pod', namespace: workload.config.namespace, name: workload.pod },
    })),
    ports: service.spec.ports.flatMap((port) => {
      const target = targetPortOf(port.targetPort, backing);
      return target === undefined
        ? []
        : [
            {
              name: port.name,
              port: target,
              protocol: port.protocol,
              ...(port.appProtocol === '' ? {} : { appProtocol: port.appProtocol }),
            },
          ];
    }),
  };
};

/** A named target port is looked up in the pods behind the Service; undefined when none has it. */
const targetPortOf = (target: number | string, backing: readonly PlannedWorkload[]): number | undefined => {
  if (typeof target === 'number') return target;
  for (const workload of backing) {
    const listener = workload.inbound.find(({ name }) => name === target);
    if (listener !== undefined) return listener.port;
  }
  return undefined;
};

const metadataOf = (metadata: {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}): Manifest => ({
  name: metadata.name,
  namespace: metadata.namespace,
  labels: metadata.labels,
  annotations: metadata.annotations,
});
