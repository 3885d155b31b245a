/** ServiceProfile of linkerd.io: the older, per-authority routes and retries (features §3.10). */
import type { ObjectMeta } from '../object.ts';

export interface ServiceProfile {
  readonly group: 'linkerd.io';
  readonly kind: 'ServiceProfile';
  readonly metadata: ObjectMeta;
  readonly spec: ServiceProfileSpec;
}

export interface ServiceProfileSpec {
  readonly routes: readonly {
    readonly name: string;
    readonly condition: RequestCondition;
    readonly responseClasses: readonly { readonly condition: ResponseCondition; readonly isFailure: boolean }[];
    readonly isRetryable: boolean;
    readonly timeoutMs?: number | undefined;
  }[];
  readonly retryBudget?:
    | { readonly retryRatio: number; readonly minRetriesPerSecond: number; readonly ttlMs: number }
    | undefined;
  readonly dstOverrides: readonly { readonly authority: string; readonly weight: number }[];
  /** Inclusive ranges. */
  readonly opaquePorts: readonly { readonly from: number; readonly to: number }[];
}

export type RequestCondition =
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly RequestCondition[] }
  | { readonly kind: 'not'; readonly condition: RequestCondition }
  | { readonly kind: 'path'; readonly regex: string }
  | { readonly kind: 'method'; readonly method: string };

export type ResponseCondition =
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly ResponseCondition[] }
  | { readonly kind: 'not'; readonly condition: ResponseCondition }
  /** Inclusive. */
  | { readonly kind: 'status'; readonly min: number; readonly max: number };
