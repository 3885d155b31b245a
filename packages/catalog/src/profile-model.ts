/** What a client is told about an address or a name before it sends anything (`destination.DestinationProfile`, wire §2.9). */
import type { RequestCondition, ResponseCondition } from '@heddle/crds';
import type { Endpoint, OutboundRef } from './outbound-model.ts';

/** All absent: nothing is known. */
export interface Profile {
  /** `web.shop.svc.cluster.local`, without a port; absent for an address that is not a service's. */
  readonly fullyQualifiedName?: string | undefined;
  readonly isOpaque: boolean;
  readonly retryBudget?: RetryBudget | undefined;
  /** The one endpoint behind a pod's address or an address outside the cluster. */
  readonly endpoint?: Endpoint | undefined;
  readonly parentRef?: OutboundRef | undefined;
  /** The ServiceProfile that the rest is from. */
  readonly profileRef?: OutboundRef | undefined;
  /** At least one; the first whose condition holds counts. */
  readonly routes?: readonly ProfileRoute[] | undefined;
  /** At least one: where the traffic goes instead, by weight. */
  readonly overrides?: readonly ProfileOverride[] | undefined;
}

export interface RetryBudget {
  readonly ratio: number;
  readonly minRetriesPerSecond: number;
  readonly ttlMs: number;
}

export interface ProfileRoute {
  readonly condition: RequestCondition;
  readonly responseClasses: readonly { readonly condition: ResponseCondition; readonly isFailure: boolean }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly isRetryable: boolean;
  readonly timeoutMs?: number | undefined;
}

export interface ProfileOverride {
  /** `name:port`, to resolve with `Destination.Get`. */
  readonly authority: string;
  /** Relative to the others; 0 for nothing. */
  readonly weight: number;
}
