/** HTTPRoute, of policy.linkerd.io (features §3.6) and of the Gateway API. */
import type { ObjectMeta } from '../object.ts';
import type { HttpRouteGroup } from './authorization-policy.ts';
import type { BackendRef, ParentRef, RouteFilter, ValueMatch } from './route.ts';

export interface HttpRoute {
  readonly group: HttpRouteGroup;
  readonly kind: 'HTTPRoute';
  readonly metadata: ObjectMeta;
  readonly spec: HttpRouteSpec;
}

export interface HttpRouteSpec {
  readonly parentRefs: readonly ParentRef[];
  /** Exact, or `*.suffix`; lower case. Empty: any host. */
  readonly hostnames: readonly string[];
  readonly rules: readonly HttpRouteRule[];
}

export interface HttpRouteRule {
  readonly name?: string | undefined;
  /** Any of these. Never empty: a rule without matches has the one for the path prefix `/`. */
  readonly matches: readonly HttpRouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backendRefs: readonly BackendRef[];
  readonly timeouts: { readonly requestMs?: number | undefined; readonly backendRequestMs?: number | undefined };
}

/** All parts that are present must match. */
export interface HttpRouteMatch {
  readonly path?: { readonly kind: 'exact' | 'prefix' | 'regex'; readonly value: string } | undefined;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
  readonly method?: string | undefined;
}
