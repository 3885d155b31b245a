/** What a decision says: permit or deny, and the ids of the rules that decided. Nothing more: `explain` has the rest. */
import type { GrpcFilter, HttpFilter, RuleRef } from './model.ts';

export type Verdict = Permit | Deny;

export interface Permit {
  readonly kind: 'permit';
  readonly server: RuleRef;
  /** The route that took the request; absent for a TCP connection. */
  readonly route: RuleRef | undefined;
  /** The authorization that granted it: the first that applies, the route's before the server's. */
  readonly authorization: RuleRef;
  /** Granted by the audit default only: let through, counted and logged. */
  readonly isAudit: boolean;
  /** What `runFilters` has to apply before forwarding, in order; mostly empty. */
  readonly filters: readonly RouteFilter[];
  /** The path prefix that matched, without a trailing slash: what a prefix-replacing redirect replaces. */
  readonly matchedPrefix: string | undefined;
}

export interface Deny {
  readonly kind: 'deny';
  readonly reason: DenyReason;
  readonly server: RuleRef;
  /** The route that took the request; absent when none did, and for a TCP connection. */
  readonly route: RuleRef | undefined;
}

export type RouteFilter = Exclude<HttpFilter | GrpcFilter, { readonly kind: 'unknown' }>;

export type DenyReason =
  | 'noRoute'
  | 'unauthorized'
  | 'invalidPolicy'
  | 'ambiguousPath'
  | 'ambiguousHost'
  /** A connection that is not HTTP, on a port that is: declared so, or by routes that users attached. */
  | 'notHttp';

/** How each reason is answered. A TCP connection is closed whatever the reason. */
export const denials: Readonly<
  Record<DenyReason, { readonly httpStatus: number; readonly grpcStatus: number; readonly text: string }>
> = {
  noRoute: { httpStatus: 404, grpcStatus: 5, text: 'no route' },
  unauthorized: { httpStatus: 403, grpcStatus: 7, text: 'unauthorized' },
  invalidPolicy: { httpStatus: 500, grpcStatus: 13, text: 'invalid policy' },
  ambiguousPath: { httpStatus: 400, grpcStatus: 3, text: 'ambiguous path' },
  ambiguousHost: { httpStatus: 400, grpcStatus: 3, text: 'ambiguous host' },
  notHttp: { httpStatus: 403, grpcStatus: 7, text: 'not HTTP' },
};
