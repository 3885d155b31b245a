/** The fields of a Service that we read. */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { oneOf, portNumber } from '../schema.ts';
import { coreVersion } from './core-version.ts';
import { type PortRef, portRef, transportProtocol } from './pod.ts';

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
  /** The family that the Service prefers comes first; empty where the API server has not filled it in. */
  readonly ipFamilies: readonly ('IPv4' | 'IPv6')[];
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

const schema = z.object({
  spec: z
    .object({
      type: oneOf('a type of Service', ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).default('ClusterIP'),
      clusterIP: z.string().optional(),
      clusterIPs: z.array(z.string()).optional(),
      ipFamilies: z.array(oneOf('an IP family', ['IPv4', 'IPv6'])).optional(),
      selector: z.record(z.string(), z.string()).optional(),
      ports: z
        .array(
          z.object({
            name: z.string().optional(),
            port: portNumber().describe('the port of the Service'),
            targetPort: portRef().optional(),
            protocol: transportProtocol(),
            appProtocol: z.string().optional(),
          }),
        )
        .optional(),
      internalTrafficPolicy: oneOf('a traffic policy', ['Cluster', 'Local']).default('Cluster'),
      publishNotReadyAddresses: z.boolean().optional(),
    })
    .describe('the spec of the Service'),
});

export const serviceDefinition: ResourceDefinition<Service> = {
  group: '',
  kind: 'Service',
  versions: [
    coreVersion('v1', schema, ({ spec }) => {
      const addresses = [...new Set([spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])])];
      return {
        spec: {
          type: spec.type,
          clusterIps: addresses.filter((address) => address !== '' && address !== 'None'),
          isHeadless: addresses.includes('None'),
          ipFamilies: spec.ipFamilies ?? [],
          selector: spec.selector ?? {},
          ports: (spec.ports ?? []).map(({ name, port, targetPort, protocol, appProtocol }) => ({
            name: name ?? '',
            port,
            targetPort: targetPort ?? port,
            protocol,
            appProtocol: appProtocol ?? '',
          })),
          internalTrafficPolicy: spec.internalTrafficPolicy,
          publishNotReadyAddresses: spec.publishNotReadyAddresses ?? false,
        },
      };
    }),
  ],
};
