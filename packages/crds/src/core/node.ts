/** The fields of a Node that we read: its addresses, for probes, and its zone, a label. */
import type { ObjectMeta } from '../object.ts';

export interface Node {
  readonly group: '';
  readonly kind: 'Node';
  readonly metadata: ObjectMeta;
  /** `spec.podCIDRs`. */
  readonly podCidrs: readonly string[];
  /** `status.addresses` of type InternalIP. */
  readonly internalIps: readonly string[];
}
