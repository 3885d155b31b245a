/**
 * From manifests and `heddle.local.yaml` to a plan: which address each workload has, where its application listens,
 * and through which listeners it reaches each Service. Pure: addresses are handed in.
 */
import type { KubernetesObject, Service, Workload } from '@heddle/crds/core';
import { serviceAccountIdentity } from '@heddle/names';
import type { AddressBlock } from './addresses.ts';
import type { IsolationKind } from './isolation.ts';
import type { LocalMesh, LocalWorkload } from './local-mesh.ts';

export const controlPlaneNamespace = 'linkerd';
export const trustDomain = 'cluster.local';
export const clusterDomain = 'cluster.local';

/** Ports of a workload's proxy, on the workload's own address. */
export const proxyPorts = { inbound: 4143, outbound: 4140, admin: 4191 } as const;
const firstOutboundPort = 20_001;
/** The application's private port is the service port plus this, unless it has a network of its own. */
const applicationPortOffset = 10_000;
const firstUnprivilegedPort = 1024;

export interface MeshPlan {
  readonly workloads: readonly PlannedWorkload[];
  readonly services: readonly PlannedService[];
  /** Things the user should know: ports that were moved, manifests that nothing runs. */
  readonly notes: readonly string[];
}

export interface PlannedService {
  readonly service: Service;
  readonly clusterIp: string;
}

export interface PlannedWorkload {
  /** Its place in the plan. */
  readonly index: number;
  readonly config: LocalWorkload;
  readonly manifest: Workload;
  readonly pod: string;
  readonly serviceAccount: string;
  readonly identity: string;
  readonly address: string;
  readonly inbound: readonly InboundListener[];
  readonly outbound: readonly OutboundListener[];
}

export interface InboundListener {
  readonly name: string;
  /** The port that policy and Services speak of. */
  readonly port: number;
  /** Where it is listened for: the same, unless an ordinary user may not bind it. */
  readonly listenPort: number;
  readonly applicationPort: number;
}

export interface OutboundListener {
  readonly service: PlannedService;
  readonly servicePort: number;
  /** Where the application connects to; without redirection, a listener of the proxy that stands for the Service. */
  readonly connectTo: { readonly host: string; readonly port: number };
}

export type PlanResult =
  | { readonly kind: 'ok'; readonly plan: MeshPlan }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** `mayBindLowPorts`: whether this user may listen on ports below 1024. */
export const planMesh = (
  mesh: LocalMesh,
  objects: readonly KubernetesObject[],
  block: AddressBlock,
  mayBindLowPorts: boolean,
  isolation: IsolationKind = 'loopback',
): PlanResult => {
  const problems: string[] = [];
  const notes: string[] = [];
  const services = objects
    .filter((object): object is Service => object.kind === 'Service' && object.group === '')
    .map((service, index) => ({ service, clusterIp: block.service(index) }));
  const manifests = objects.filter((object): object is Workload => object.group === 'apps');

  const workloads = mesh.workloads.flatMap((config, index): PlannedWorkload[] => {
    const where = `spec.workloads[${index}] (${config.namespace}/${config.name})`;
    const manifest = manifests.find(
      ({ metadata }) => metadata.name === config.name && metadata.namespace === config.namespace,
    );
    if (manifest === undefined) {
      problems.push(`${where}: no Deployment, StatefulSet or DaemonSet of this name in the manifests`);
      return [];
    }
    const address = block.workload(index);
    const serviceAccount = manifest.template.spec.serviceAccountName;
    const inbound = inboundListeners(config, manifest, where, { mayBindLowPorts, isolation }, problems);
    for (const { port, listenPort } of inbound) {
      if (port !== listenPort) notes.push(`${config.name}: port ${port} is listened for on ${address}:${listenPort}`);
    }
    return [
      {
        index,
        config,
        manifest,
        pod: `${config.name}-0`,
        serviceAccount,
        identity: serviceAccountIdentity(
          { name: serviceAccount, namespace: config.namespace },
          { controlPlaneNamespace, trustDomain },
        ),
        address,
        inbound,
        outbound: outboundListeners(config, services, isolation === 'loopback' ? address : undefined, where, problems),
      },
    ];
  });
  for (const { metadata } of manifests) {
    const isRun = mesh.workloads.some(
      ({ name, namespace }) => name === metadata.name && namespace === metadata.namespace,
    );
    if (!isRun)
      notes.push(`${metadata.namespace}/${metadata.name}: heddle.local.yaml names no command, so it does not run`);
  }
  return problems.length === 0 ? { kind: 'ok', plan: { workloads, services, notes } } : { kind: 'invalid', problems };
};

const inboundListeners = (
  config: LocalWorkload,
  manifest: Workload,
  where: string,
  { mayBindLowPorts, isolation }: { readonly mayBindLowPorts: boolean; readonly isolation: IsolationKind },
  problems: string[],
): InboundListener[] => {
  const ports = manifest.template.spec.containers.flatMap((container) => container.ports);
  for (const wanted of Object.keys(config.listen)) {
    if (!ports.some(({ name, containerPort }) => wanted === name || wanted === String(containerPort))) {
      problems.push(`${where}.listen.${wanted}: the manifest has no container port of this name or number`);
    }
  }
  return ports
    .filter(({ protocol }) => protocol === 'TCP')
    .map(({ name, containerPort }) => ({
      name,
      port: containerPort,
      listenPort:
        containerPort < firstUnprivilegedPort && !mayBindLowPorts
          ? containerPort + applicationPortOffset * 3
          : containerPort,
      applicationPort:
        isolation === 'netns'
          ? containerPort
          : (containerPort + applicationPortOffset) % 65_536 || applicationPortOffset,
    }));
};

/** `listenAddress`: of the proxy's listeners; undefined when connections to the Services' own addresses are redirected. */
const outboundListeners = (
  config: LocalWorkload,
  services: readonly PlannedService[],
  listenAddress: string | undefined,
  where: string,
  problems: string[],
): OutboundListener[] => {
  const listeners: OutboundListener[] = [];
  for (const [variable, url] of Object.entries(config.services)) {
    const target = serviceOf(url, config.namespace, services);
    if (target === undefined) {
      problems.push(`${where}.services.${variable}: no Service of the manifests has the host and port of "${url}"`);
      continue;
    }
    if (listeners.some(({ service, servicePort }) => service === target.service && servicePort === target.port))
      continue;
    listeners.push({
      service: target.service,
      servicePort: target.port,
      connectTo:
        listenAddress === undefined
          ? { host: target.service.clusterIp, port: target.port }
          : { host: listenAddress, port: firstOutboundPort + listeners.length },
    });
  }
  return listeners;
};

/** The Service (and port of it) that a URL like `http://name[.namespace[.svc…]][:port]/` speaks of, seen from a namespace. */
export const serviceOf = (
  url: string,
  fromNamespace: string,
  services: readonly PlannedService[],
): { readonly service: PlannedService; readonly port: number } | undefined => {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const [name, namespace = fromNamespace] = parsed.hostname.split('.');
  const port = Number(parsed.port || (parsed.protocol === 'https:' ? 443 : 80));
  const service = services.find(
    ({ service: { metadata } }) => metadata.name === name && metadata.namespace === namespace,
  );
  return service?.service.spec.ports.some((candidate) => candidate.port === port) ? { service, port } : undefined;
};
