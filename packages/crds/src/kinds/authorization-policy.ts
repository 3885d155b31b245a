/** AuthorizationPolicy: a target and what a client must prove to reach it (features §3.2). */
import type { ObjectMeta } from '../object.ts';

export interface AuthorizationPolicy {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'AuthorizationPolicy';
  readonly metadata: ObjectMeta;
  readonly spec: AuthorizationPolicySpec;
}

export interface AuthorizationPolicySpec {
  /** Always in the policy's own namespace. */
  readonly target: PolicyTarget;
  /** All must hold. Empty: everybody, plaintext included. At most one names identities and one names networks. */
  readonly requiredAuthentications: readonly AuthenticationRef[];
}

export type PolicyTarget =
  | { readonly kind: 'Server'; readonly name: string }
  | { readonly kind: 'HTTPRoute'; readonly group: HttpRouteGroup; readonly name: string }
  | { readonly kind: 'GRPCRoute'; readonly name: string }
  /** Every Server of the policy's own namespace. */
  | { readonly kind: 'Namespace' };

export type HttpRouteGroup = 'policy.linkerd.io' | 'gateway.networking.k8s.io';

/** `namespace` is resolved: the policy's own where the reference names none. */
export interface AuthenticationRef {
  readonly kind: 'MeshTLSAuthentication' | 'NetworkAuthentication' | 'ServiceAccount';
  readonly namespace: string;
  readonly name: string;
}
