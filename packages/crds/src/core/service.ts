/** The fields of a Service that we read. */
import type { ObjectMeta } from '../object.ts';
import type { PortRef } from './pod.ts';

export interface Service {
  readonly group: '';
  readonly kind: 'Service';
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
}

export interface ServiceSpec {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Empty for a headless Service (`clusterIP: None`), for ExternalName, and before one is allotted. */
  readonly clusterIps: readonly string[];
  readonly isHeadless: boolean;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly publishNotReadyAddresses: boolean;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** `port` where the manifest names none. */
  readonly targetPort: PortRef;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol: string;
}
