/** MeshTLSAuthentication: a set of workload identities (features §3.3). */
import type { ObjectMeta } from '../object.ts';

export interface MeshTlsAuthentication {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'MeshTLSAuthentication';
  readonly metadata: ObjectMeta;
  readonly spec: MeshTlsAuthenticationSpec;
}

/** A client qualifies by any of `identities` or of `identityRefs`. One of the two is empty. */
export interface MeshTlsAuthenticationSpec {
  /** `*` (any mesh identity), `*.suffix`, an exact DNS-like name, or a `spiffe://` URI (exact). */
  readonly identities: readonly string[];
  readonly identityRefs: readonly IdentityRef[];
}

export type IdentityRef =
  | { readonly kind: 'ServiceAccount'; readonly namespace: string; readonly name: string }
  /** Every ServiceAccount of the namespace called `name`. */
  | { readonly kind: 'Namespace'; readonly name: string };
