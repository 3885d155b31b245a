/** NetworkAuthentication: a set of client networks (features §3.4). */
import type { NetworkMatch } from '../networks.ts';
import type { ObjectMeta } from '../object.ts';

export interface NetworkAuthentication {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'NetworkAuthentication';
  readonly metadata: ObjectMeta;
  /** At least one network. */
  readonly spec: { readonly networks: readonly NetworkMatch[] };
}
