/** HTTPLocalRateLimitPolicy: a limit that each proxy of a Server keeps for itself (features §3.7). */
import type { ObjectMeta } from '../object.ts';

export interface HttpLocalRateLimitPolicy {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'HTTPLocalRateLimitPolicy';
  readonly metadata: ObjectMeta;
  readonly spec: HttpLocalRateLimitPolicySpec;
}

/** Limits are requests per second, at least 1. */
export interface HttpLocalRateLimitPolicySpec {
  /** In the policy's own namespace. */
  readonly server: { readonly name: string };
  readonly total?: number | undefined;
  readonly identity?: number | undefined;
  readonly overrides: readonly {
    readonly requestsPerSecond: number;
    readonly serviceAccounts: readonly { readonly namespace: string; readonly name: string }[];
  }[];
}
