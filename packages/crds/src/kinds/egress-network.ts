/** EgressNetwork: destinations outside the cluster (features §3.8). */
import { z } from 'zod';
import { type ResourceDefinition, version } from '../definition.ts';
import { type NetworkMatch, networkSchema, networksFrom } from '../networks.ts';
import type { ObjectMeta } from '../object.ts';
import { fields, oneOf } from '../schema.ts';
import { conditionsStatus } from './status.ts';

export interface EgressNetwork {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'EgressNetwork';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly trafficPolicy: 'Allow' | 'Deny';
    /** Absent: everything outside the cluster's networks. */
    readonly networks?: readonly NetworkMatch[] | undefined;
  };
}

const schema = fields({
  spec: fields({
    trafficPolicy: oneOf('a traffic policy', ['Allow', 'Deny']).describe(
      'Allow or Deny, for traffic no route speaks of',
    ),
    networks: z.array(networkSchema()).min(1).optional().describe('absent: everything outside the cluster networks'),
  }),
  status: conditionsStatus().optional(),
});

export const egressNetworkDefinition: ResourceDefinition<EgressNetwork> = {
  group: 'policy.linkerd.io',
  kind: 'EgressNetwork',
  versions: [
    version('v1alpha1', schema, ({ spec: { trafficPolicy, networks } }, context) => ({
      spec: { trafficPolicy, networks: networks && networksFrom(networks, ['spec', 'networks'], context) },
    })),
  ],
};
