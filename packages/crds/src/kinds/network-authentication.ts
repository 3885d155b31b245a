/** NetworkAuthentication: a set of client networks (features §3.4). */
import { z } from 'zod';
import { type ResourceDefinition, version } from '../definition.ts';
import { type NetworkMatch, networkSchema, networksFrom } from '../networks.ts';
import type { ObjectMeta } from '../object.ts';
import { fields } from '../schema.ts';
import { conditionsStatus } from './status.ts';

export interface NetworkAuthentication {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'NetworkAuthentication';
  readonly metadata: ObjectMeta;
  /** At least one network. */
  readonly spec: { readonly networks: readonly NetworkMatch[] };
}

const schema = fields({
  spec: fields({ networks: z.array(networkSchema()).min(1).describe('where clients may connect from, any of these') }),
  status: conditionsStatus().optional(),
});

export const networkAuthenticationDefinition: ResourceDefinition<NetworkAuthentication> = {
  group: 'policy.linkerd.io',
  kind: 'NetworkAuthentication',
  versions: [
    version('v1alpha1', schema, ({ spec }, context) => ({
      spec: { networks: networksFrom(spec.networks, ['spec', 'networks'], context) },
    })),
  ],
};
