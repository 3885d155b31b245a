/** The fields of a Node that we read: its addresses, for probes, and its zone, a label. */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { coreVersion } from './core-version.ts';

export interface Node {
  readonly group: '';
  readonly kind: 'Node';
  readonly metadata: ObjectMeta;
  /** `spec.podCIDRs`. */
  readonly podCidrs: readonly string[];
  /** `status.addresses` of the types InternalIP and ExternalIP. */
  readonly ips: readonly string[];
}

const schema = z.object({
  spec: z.object({ podCIDR: z.string().optional(), podCIDRs: z.array(z.string()).optional() }).optional(),
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).optional() }).optional(),
});

export const nodeDefinition: ResourceDefinition<Node> = {
  group: '',
  kind: 'Node',
  isClusterScoped: true,
  versions: [
    coreVersion('v1', schema, ({ spec, status }) => ({
      podCidrs: spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []),
      ips: (status?.addresses ?? [])
        .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
        .map(({ address }) => address),
    })),
  ],
};
