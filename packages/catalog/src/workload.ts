/** A pod as a workload: who it is, where it is, and what it says about its own ports. */
import type { DefaultPolicyName } from '@heddle/crds';
import type { Container, ContainerPort, Pod } from '@heddle/crds/core';
import type { IpAddress } from '@heddle/names';
import { formatIp, parseIp, serviceAccountIdentity } from '@heddle/names';
import {
  CONTROL_PLANE_COMPONENT_LABEL,
  CONTROL_PLANE_LABEL,
  defaultPolicyOf,
  identityPortsOf,
  opaquePortsOf,
  proxyPortOf,
  skippedPortsOf,
} from './annotations.ts';
import { type KubeletCall, kubeletCalls } from './kubelet-calls.ts';
import type { CatalogOptions } from './options.ts';
import { includesPort, type PortList } from './port-list.ts';

export interface Workload {
  readonly pod: Pod;
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly ips: readonly IpAddress[];
  /** The addresses it owns, as text. A pod on its node's network owns none, one that has ended no longer does. */
  readonly addresses: readonly string[];
  /** The mesh identity of its ServiceAccount. Pods of one ServiceAccount are one principal. */
  readonly identity: string;
  /** The control plane whose proxy it carries; absent when it is not meshed. */
  readonly controlPlane: string | undefined;
  /** TCP ports of its containers by name; one name may stand for several. */
  readonly portsByName: ReadonlyMap<string, readonly number[]>;
  /** What its node's kubelet asks of it, by port. */
  readonly calls: ReadonlyMap<number, readonly KubeletCall[]>;
  /** What its annotations say; absent where they say nothing. */
  readonly defaultPolicy: DefaultPolicyName | undefined;
  readonly opaquePorts: PortList | undefined;
  readonly identityPorts: PortList | undefined;
  readonly skippedPorts: PortList | undefined;
  readonly proxyPorts: { readonly inbound: number; readonly admin: number };
  /** Addresses and ports of its node that lead to one of its ports. */
  readonly hostPorts: readonly HostPort[];
}

export interface HostPort {
  readonly address: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export const workloadFrom = (pod: Pod, options: CatalogOptions): Workload => {
  const { metadata, spec } = pod;
  const containers = [...spec.initContainers, ...spec.containers];
  const portsByName = namedPorts(containers);
  const ips = pod.status.podIps.flatMap(ipFrom);
  return {
    pod,
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    ips,
    addresses: ownsAddresses(pod) ? ips.map(formatIp) : [],
    identity: serviceAccountIdentity({ name: spec.serviceAccountName, namespace: metadata.namespace }, options),
    controlPlane: isBareControlPlane(pod) ? undefined : metadata.labels[CONTROL_PLANE_LABEL],
    portsByName,
    calls: kubeletCalls(containers, portsByName),
    defaultPolicy: defaultPolicyOf(metadata),
    opaquePorts: opaquePortsOf(metadata),
    identityPorts: identityPortsOf(metadata),
    skippedPorts: skippedPortsOf(metadata),
    proxyPorts: {
      inbound:
        proxyPortOf(metadata, 'inbound-port') ?? declared(containers, 'linkerd-proxy') ?? options.inboundProxyPort,
      admin: proxyPortOf(metadata, 'admin-port') ?? declared(containers, 'linkerd-admin') ?? options.adminProxyPort,
    },
    hostPorts: hostPortsOf(pod),
  };
};

/** Whether a list of ports (`opaque-ports` …) holds the workload's port, by number or by the name of a container port. */
export const listsPort = (workload: Workload, list: PortList | undefined, port: number): boolean =>
  list !== undefined &&
  (includesPort(list, port) || list.names.some((name) => workload.portsByName.get(name)?.includes(port)));

/** Our control plane terminates TLS itself: its pods carry the mesh's labels and no proxy. Linkerd's have one. */
const isBareControlPlane = ({ metadata, spec }: Pod): boolean =>
  metadata.labels[CONTROL_PLANE_COMPONENT_LABEL] !== undefined &&
  ![...spec.initContainers, ...spec.containers].some(({ name }) => name === 'linkerd-proxy');

const namedPorts = (containers: readonly Container[]): ReadonlyMap<string, readonly number[]> => {
  const ports = new Map<string, number[]>();
  for (const container of containers) {
    for (const { name, containerPort, protocol } of container.ports) {
      if (name === '' || protocol !== 'TCP') continue;
      const numbers = ports.get(name);
      if (!numbers) ports.set(name, [containerPort]);
      else if (!numbers.includes(containerPort)) numbers.push(containerPort);
    }
  }
  return ports;
};

/** A port of the proxy as its container declares it. */
const declared = (containers: readonly Container[], name: string): number | undefined =>
  containers.find((container) => container.name === 'linkerd-proxy')?.ports.find((port) => port.name === name)
    ?.containerPort;

const hostPortsOf = (pod: Pod): readonly HostPort[] => {
  if (!ownsAddresses(pod)) return [];
  const ports = pod.spec.containers.flatMap((container) => container.ports).filter(isHostPort);
  if (ports.length === 0) return [];
  const addresses = pod.status.hostIps.flatMap(ipFrom).map(formatIp);
  return addresses.flatMap((address) =>
    ports.map(({ hostPort, containerPort }) => ({ address, hostPort, containerPort })),
  );
};

const isHostPort = ({ hostPort, protocol }: ContainerPort): boolean => hostPort > 0 && protocol === 'TCP';

const ownsAddresses = ({ spec, status }: Pod): boolean =>
  !spec.hostNetwork && status.phase !== 'Succeeded' && status.phase !== 'Failed';

/** The API server vouches for the addresses it hands out; one that cannot be read is as good as none. */
const ipFrom = (text: string): readonly IpAddress[] => {
  const ip = parseIp(text);
  return ip.kind === 'ok' ? [ip.value] : [];
};
