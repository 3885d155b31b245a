/** The fields of an EndpointSlice that we read (discovery.k8s.io/v1). */
import type { ObjectMeta } from '../object.ts';

export interface EndpointSlice {
  readonly group: 'discovery.k8s.io';
  readonly kind: 'EndpointSlice';
  readonly metadata: ObjectMeta;
  /** The label `kubernetes.io/service-name`; empty when it is missing. */
  readonly serviceName: string;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
}

export interface Endpoint {
  readonly addresses: readonly string[];
  /** Absent conditions take Kubernetes' defaults: ready and serving, not terminating. */
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly hostname: string;
  readonly nodeName: string;
  readonly zone: string;
  readonly targetRef?: { readonly kind: string; readonly namespace: string; readonly name: string } | undefined;
  /** Zones from topology hints; empty when there are none. */
  readonly forZones: readonly string[];
}

export interface EndpointPort {
  readonly name: string;
  /** Absent: any port. */
  readonly port?: number | undefined;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol: string;
}
