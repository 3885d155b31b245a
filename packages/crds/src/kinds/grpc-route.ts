/** GRPCRoute of the Gateway API (v1). */
import type { ObjectMeta } from '../object.ts';
import type { BackendRef, ParentRef, RouteFilter, ValueMatch } from './route.ts';

export interface GrpcRoute {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'GRPCRoute';
  readonly metadata: ObjectMeta;
  readonly spec: GrpcRouteSpec;
}

export interface GrpcRouteSpec {
  readonly parentRefs: readonly ParentRef[];
  readonly hostnames: readonly string[];
  readonly rules: readonly GrpcRouteRule[];
}

export interface GrpcRouteRule {
  readonly name?: string | undefined;
  /** Any of these; empty matches every call. */
  readonly matches: readonly GrpcRouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backendRefs: readonly BackendRef[];
}

export interface GrpcRouteMatch {
  /** An absent part matches any service or any method. `regex` cannot be said on the proxy's wire. */
  readonly method?:
    | {
        readonly kind: 'exact' | 'regex';
        readonly service?: string | undefined;
        readonly method?: string | undefined;
      }
    | undefined;
  readonly headers: readonly ValueMatch[];
}
