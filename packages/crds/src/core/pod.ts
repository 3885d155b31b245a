/** The fields of a Pod that we read. */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { oneOf, portNumber, portOrName } from '../schema.ts';
import { coreVersion } from './core-version.ts';

export interface Pod {
  readonly group: '';
  readonly kind: 'Pod';
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

export interface PodSpec {
  /** `default` where the manifest names none. */
  readonly serviceAccountName: string;
  readonly nodeName: string;
  readonly hostNetwork: boolean;
  /** Of StatefulSet pods, with `subdomain` the DNS name of the instance. */
  readonly hostname: string;
  readonly subdomain: string;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly ports: readonly ContainerPort[];
  readonly livenessProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly startupProbe?: Probe | undefined;
  /** What the kubelet calls when the container has started and before it stops; like a probe where it is an HTTP GET. */
  readonly postStart?: Probe | undefined;
  readonly preStop?: Probe | undefined;
}

export interface ContainerPort {
  /** Empty when the port has no name. */
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** The port of the node that leads here; 0 when there is none. */
  readonly hostPort: number;
}

/** The calls of the kubelet that matter to policy. A TCP probe ends at the proxy, and a command asks nobody. */
export interface Probe {
  readonly httpGet?: HttpGet | undefined;
  /** The gRPC health service on this port. */
  readonly grpc?: { readonly port: number } | undefined;
}

export interface HttpGet {
  readonly path: string;
  readonly port: PortRef;
  readonly scheme: 'HTTP' | 'HTTPS';
  /** Empty: the pod itself. */
  readonly host: string;
}

/** A port by number or by the name of a container port. */
export type PortRef = number | string;

export interface PodStatus {
  /** `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`; empty when not yet set. */
  readonly phase: string;
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
}

/** A port's transport protocol; TCP where the manifest names none. */
export const transportProtocol = () => oneOf('a protocol', ['TCP', 'UDP', 'SCTP']).default('TCP');

/** A port by number or name. */
export const portRef = () => portOrName(/^(?=.*[a-z]).{1,63}$/i, 'a port number from 1 to 65535 or the name of a port');

const probe = () =>
  z
    .object({
      httpGet: z
        .object({
          path: z.string().max(4096).optional(),
          port: portRef(),
          scheme: oneOf('a scheme', ['HTTP', 'HTTPS']).optional(),
          host: z.string().max(253).optional(),
        })
        .optional(),
      grpc: z.object({ port: portNumber() }).optional(),
    })
    .optional();

const container = z.object({
  name: z.string().describe('the name of the container'),
  ports: z
    .array(
      z.object({
        name: z.string().optional(),
        containerPort: portNumber(),
        protocol: transportProtocol(),
        hostPort: z.int().min(0).max(65_535).optional(),
      }),
    )
    .optional(),
  livenessProbe: probe(),
  readinessProbe: probe(),
  startupProbe: probe(),
  lifecycle: z.object({ postStart: probe(), preStop: probe() }).optional(),
});

/** The schema of a pod's spec, also inside the templates of workloads. */
export const podSpec = () =>
  z.object({
    serviceAccountName: z.string().min(1).optional(),
    nodeName: z.string().optional(),
    hostNetwork: z.boolean().optional(),
    hostname: z.string().optional(),
    subdomain: z.string().optional(),
    containers: z.array(container).describe('the containers of the pod'),
    initContainers: z.array(container).optional(),
  });

/** Reads a pod's spec. */
export const podSpecFrom = (spec: z.output<ReturnType<typeof podSpec>>): PodSpec => ({
  serviceAccountName: spec.serviceAccountName ?? 'default',
  nodeName: spec.nodeName ?? '',
  hostNetwork: spec.hostNetwork ?? false,
  hostname: spec.hostname ?? '',
  subdomain: spec.subdomain ?? '',
  containers: spec.containers.map(containerFrom),
  initContainers: (spec.initContainers ?? []).map(containerFrom),
});

const containerFrom = (input: z.output<typeof container>): Container => ({
  name: input.name,
  ports: (input.ports ?? []).map((port) => ({ ...port, name: port.name ?? '', hostPort: port.hostPort ?? 0 })),
  livenessProbe: probeFrom(input.livenessProbe),
  readinessProbe: probeFrom(input.readinessProbe),
  startupProbe: probeFrom(input.startupProbe),
  postStart: probeFrom(input.lifecycle?.postStart),
  preStop: probeFrom(input.lifecycle?.preStop),
});

const probeFrom = (input: z.output<ReturnType<typeof probe>>): Probe | undefined =>
  input && {
    httpGet: input.httpGet && {
      path: input.httpGet.path || '/',
      port: input.httpGet.port,
      scheme: input.httpGet.scheme ?? 'HTTP',
      host: input.httpGet.host ?? '',
    },
    grpc: input.grpc,
  };

/** `[{ip}]` beside the older single `ip`. */
const addresses = () => z.array(z.object({ ip: z.string().optional() })).optional();

const schema = z.object({
  spec: podSpec().describe('the spec of the pod'),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      podIPs: addresses(),
      hostIP: z.string().optional(),
      hostIPs: addresses(),
      conditions: z.array(z.object({ type: z.string(), status: z.enum(['True', 'False', 'Unknown']) })).optional(),
    })
    .optional(),
});

const addressesFrom = (list: z.output<ReturnType<typeof addresses>>, single: string | undefined): string[] => {
  const all = [...(single ? [single] : []), ...(list ?? []).flatMap(({ ip }) => (ip ? [ip] : []))];
  return [...new Set(all)];
};

export const podDefinition: ResourceDefinition<Pod> = {
  group: '',
  kind: 'Pod',
  versions: [
    coreVersion('v1', schema, ({ spec, status }) => ({
      spec: podSpecFrom(spec),
      status: {
        phase: status?.phase ?? '',
        podIps: addressesFrom(status?.podIPs, status?.podIP),
        hostIps: addressesFrom(status?.hostIPs, status?.hostIP),
        conditions: status?.conditions ?? [],
      },
    })),
  ],
};
