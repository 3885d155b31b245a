/** The fields of a Pod that we read. */
import type { ObjectMeta } from '../object.ts';

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
}

export interface ContainerPort {
  /** Empty when the port has no name. */
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** Only HTTP probes matter to policy: the kubelet's GETs must get through. */
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: PortRef } | undefined;
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
