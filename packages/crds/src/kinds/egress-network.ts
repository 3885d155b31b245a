/** EgressNetwork: destinations outside the cluster (features §3.8). */
import type { NetworkMatch } from '../networks.ts';
import type { ObjectMeta } from '../object.ts';

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
