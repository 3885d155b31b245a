/** Builders of objects of Kubernetes itself: everything has a default, so a test says only what it is about. */
import type { Container, EndpointSlice, Namespace, Node, Pod, Service, ServiceAccount } from '@heddle/crds/core';
import { type Labels, type Meta, metaOf } from './meta.ts';

export interface PodParts extends Meta {
  readonly ip?: string;
  /** All addresses, where there are several. */
  readonly ips?: readonly string[];
  readonly serviceAccount?: string;
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly phase?: string;
  /** Container ports by name. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly hostIps?: readonly string[];
  /** HTTP readiness probes. */
  readonly probes?: readonly { readonly path: string; readonly port: number | string }[];
  /** Further containers. */
  readonly containers?: readonly Partial<Container>[];
  readonly initContainers?: readonly Partial<Container>[];
}

/** A pod `web` in namespace `shop`, meshed by the control plane in `linkerd` unless its labels say otherwise. */
export const buildPod = (parts: PodParts = {}): Pod => ({
  group: '',
  kind: 'Pod',
  metadata: metaOf({ labels: meshedLabels('web'), ...parts }, 'web'),
  spec: {
    serviceAccountName: parts.serviceAccount ?? 'web',
    nodeName: parts.nodeName ?? '',
    hostNetwork: parts.hostNetwork ?? false,
    hostname: '',
    subdomain: '',
    containers: [
      {
        name: 'app',
        ports: Object.entries(parts.ports ?? { http: 8080 }).map(([name, containerPort]) => ({
          name,
          containerPort,
          protocol: 'TCP',
          hostPort: 0,
        })),
      },
      ...(parts.probes ?? []).map(({ path, port }, index) => ({
        name: `p${index}`,
        ports: [],
        readinessProbe: { httpGet: { path, port, scheme: 'HTTP' as const, host: '' } },
      })),
      ...(parts.containers ?? []).map(containerFrom),
    ],
    initContainers: (parts.initContainers ?? []).map(containerFrom),
  },
  status: {
    phase: parts.phase ?? 'Running',
    podIps: parts.ips ?? [parts.ip ?? '10.0.0.1'],
    hostIps: parts.hostIps ?? [],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});

const containerFrom = (parts: Partial<Container>): Container => ({ name: 'more', ports: [], ...parts });

/** The labels of a meshed pod of an app. */
export const meshedLabels = (app: string): Labels => ({ app, 'linkerd.io/control-plane-ns': 'linkerd' });

export interface ServiceParts extends Meta {
  readonly clusterIp?: string;
  readonly type?: Service['spec']['type'];
  readonly internalTrafficPolicy?: 'Cluster' | 'Local';
  readonly ipFamilies?: Service['spec']['ipFamilies'];
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly appProtocol?: string }[];
}

export const buildService = (parts: ServiceParts = {}): Service => ({
  group: '',
  kind: 'Service',
  metadata: metaOf(parts, 'web'),
  spec: {
    type: parts.type ?? 'ClusterIP',
    clusterIps: [parts.clusterIp ?? '10.96.0.1'],
    isHeadless: false,
    ipFamilies: parts.ipFamilies ?? ['IPv4'],
    selector: { app: 'web' },
    ports: (parts.ports ?? [{ port: 80 }]).map(({ name = '', port, appProtocol = '' }) => ({
      name,
      port,
      targetPort: port,
      protocol: 'TCP',
      appProtocol,
    })),
    internalTrafficPolicy: parts.internalTrafficPolicy ?? 'Cluster',
    publishNotReadyAddresses: false,
  },
});

export interface SliceEndpointParts {
  readonly address: string;
  /** The pod behind the address, in the slice's namespace. */
  readonly pod?: string | undefined;
  /** The kind of what is behind the address; `Pod` by default. */
  readonly kind?: string;
  readonly isReady?: boolean;
  /** Not ready, but serving while it ends. */
  readonly isEnding?: boolean;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly forZones?: readonly string[];
  readonly forNodes?: readonly string[];
}

export interface SliceParts extends Meta {
  readonly service?: string;
  readonly addressType?: EndpointSlice['addressType'];
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  readonly endpoints?: readonly SliceEndpointParts[];
}

export const buildSlice = (parts: SliceParts = {}): EndpointSlice => {
  const metadata = metaOf(parts, 'web-1');
  return {
    group: 'discovery.k8s.io',
    kind: 'EndpointSlice',
    metadata,
    serviceName: parts.service ?? 'web',
    addressType: parts.addressType ?? 'IPv4',
    ports: (parts.ports ?? [{ port: 8080 }]).map(({ name = '', port }) => ({
      name,
      port,
      protocol: 'TCP',
      appProtocol: '',
    })),
    endpoints: (parts.endpoints ?? [{ address: '10.0.0.1', pod: 'web' }]).map((endpoint) => ({
      addresses: [endpoint.address],
      isReady: endpoint.isEnding ? false : (endpoint.isReady ?? true),
      isServing: endpoint.isReady ?? true,
      isTerminating: endpoint.isEnding ?? false,
      hostname: endpoint.hostname ?? '',
      nodeName: endpoint.nodeName ?? '',
      zone: endpoint.zone ?? '',
      targetRef:
        endpoint.pod === undefined
          ? undefined
          : { kind: endpoint.kind ?? 'Pod', namespace: metadata.namespace, name: endpoint.pod },
      forZones: endpoint.forZones ?? [],
      forNodes: endpoint.forNodes ?? [],
    })),
  };
};

export const buildNamespace = (parts: Meta = {}): Namespace => ({
  group: '',
  kind: 'Namespace',
  metadata: { ...metaOf(parts, 'shop'), namespace: '' },
});

export const buildServiceAccount = (parts: Meta = {}): ServiceAccount => ({
  group: '',
  kind: 'ServiceAccount',
  metadata: metaOf(parts, 'web'),
});

export const buildNode = (
  name: string,
  zone: string,
  parts: Meta & { readonly ips?: readonly string[]; readonly podCidrs?: readonly string[] } = {},
): Node => ({
  group: '',
  kind: 'Node',
  metadata: {
    ...metaOf({ ...parts, name, labels: { 'topology.kubernetes.io/zone': zone } }, name),
    namespace: '',
  },
  podCidrs: parts.podCidrs ?? [],
  ips: parts.ips ?? [],
});
