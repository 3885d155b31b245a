/** The fields of an EndpointSlice that we read (discovery.k8s.io/v1). */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { oneOf, portNumber } from '../schema.ts';
import { coreVersion } from './core-version.ts';
import { transportProtocol } from './pod.ts';

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
  /** Nodes from topology hints; empty when there are none. */
  readonly forNodes: readonly string[];
}

export interface EndpointPort {
  readonly name: string;
  /** Absent: any port. */
  readonly port?: number | undefined;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol: string;
}

const endpoint = z.object({
  addresses: z.array(z.string()).describe('the addresses of the endpoint'),
  conditions: z
    .object({ ready: z.boolean().optional(), serving: z.boolean().optional(), terminating: z.boolean().optional() })
    .optional(),
  hostname: z.string().optional(),
  nodeName: z.string().optional(),
  zone: z.string().optional(),
  targetRef: z
    .object({ kind: z.string().optional(), namespace: z.string().optional(), name: z.string().optional() })
    .optional(),
  hints: z
    .object({
      forZones: z.array(z.object({ name: z.string() })).optional(),
      forNodes: z.array(z.object({ name: z.string() })).optional(),
    })
    .optional(),
});

const schema = z.object({
  addressType: oneOf('an address type', ['IPv4', 'IPv6', 'FQDN']).describe('IPv4, IPv6 or FQDN'),
  endpoints: z.array(endpoint).optional(),
  ports: z
    .array(
      z.object({
        name: z.string().optional(),
        port: portNumber().optional(),
        protocol: transportProtocol(),
        appProtocol: z.string().optional(),
      }),
    )
    .optional(),
});

const endpointFrom = (input: z.output<typeof endpoint>, namespace: string): Endpoint => {
  const isReady = input.conditions?.ready ?? true;
  return {
    addresses: input.addresses,
    isReady,
    isServing: input.conditions?.serving ?? isReady,
    isTerminating: input.conditions?.terminating ?? false,
    hostname: input.hostname ?? '',
    nodeName: input.nodeName ?? '',
    zone: input.zone ?? '',
    targetRef: input.targetRef && {
      kind: input.targetRef.kind ?? '',
      namespace: input.targetRef.namespace ?? namespace,
      name: input.targetRef.name ?? '',
    },
    forZones: (input.hints?.forZones ?? []).map(({ name }) => name),
    forNodes: (input.hints?.forNodes ?? []).map(({ name }) => name),
  };
};

export const endpointSliceDefinition: ResourceDefinition<EndpointSlice> = {
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  versions: [
    coreVersion('v1', schema, ({ addressType, endpoints, ports }, { metadata }) => ({
      serviceName: metadata.labels['kubernetes.io/service-name'] ?? '',
      addressType,
      endpoints: (endpoints ?? []).map((endpoint) => endpointFrom(endpoint, metadata.namespace)),
      ports: (ports ?? []).map(({ name, port, protocol, appProtocol }) => ({
        name: name ?? '',
        port,
        protocol,
        appProtocol: appProtocol ?? '',
      })),
    })),
  ],
};
