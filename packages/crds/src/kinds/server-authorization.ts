/** ServerAuthorization: the older form of authorization, on Servers only (features §3.5). */
import type { NetworkMatch } from '../networks.ts';
import type { ObjectMeta } from '../object.ts';
import type { LabelSelector } from '../selector.ts';

export interface ServerAuthorization {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'ServerAuthorization';
  readonly metadata: ObjectMeta;
  readonly spec: ServerAuthorizationSpec;
}

export interface ServerAuthorizationSpec {
  /** Servers of the same namespace, by name or by their labels. */
  readonly server:
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'selector'; readonly selector: LabelSelector };
  readonly client: {
    /** Absent: the cluster's networks. */
    readonly networks?: readonly NetworkMatch[] | undefined;
    readonly authentication:
      | { readonly kind: 'unauthenticated' }
      /** Mesh TLS without a client certificate is enough. */
      | { readonly kind: 'tls' }
      /** Any of these; both empty authorises nobody. */
      | {
          readonly kind: 'identities';
          /** `*`, `*.suffix` or exact. */
          readonly identities: readonly string[];
          readonly serviceAccounts: readonly { readonly namespace: string; readonly name: string }[];
        };
  };
}
