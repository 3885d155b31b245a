/** The part of an inbound policy that a Server's pods share: who is authorized, the attached routes, the rate limit. */
import type { GrpcRoute as GrpcRouteResource, Server } from '@heddle/crds';
import {
  type Authorization,
  defaultAuthorizations,
  type GrpcRoute,
  type HttpRoute,
  type RateLimit,
} from '@heddle/policy';
import { grantOfPolicy, grantOfServerAuthorization } from './grants.ts';
import type { Indexes } from './indexes.ts';
import { rateLimitFrom } from './rate-limits.ts';
import { grpcRouteFrom, httpRouteFrom, httpRouteFromGrpc, isGrpcSayable } from './route-model.ts';
import { acceptedRoutes, type Route } from './routes.ts';
import { serverKey } from './servers.ts';

export interface ServerPolicy {
  readonly authorizations: readonly Authorization[];
  /**
   * The attached routes in order; `none` when no route is attached. `grpc` only where a gRPC Server has nothing that gRPC
   * messages cannot say: HTTPRoutes, regular expressions, a rate limit.
   */
  readonly routes:
    | { readonly kind: 'none' }
    | { readonly kind: 'http'; readonly routes: readonly HttpRoute[] }
    | { readonly kind: 'grpc'; readonly routes: readonly GrpcRoute[] };
  readonly rateLimit: RateLimit | undefined;
}

/** Derives the policy of a Server, or gives the one derived before. */
export const serverPolicy = (indexes: Indexes, server: Server): ServerPolicy => {
  const key = serverKey(server);
  let policy = indexes.serverPolicies.get(key);
  if (!policy) indexes.serverPolicies.set(key, (policy = derive(indexes, server)));
  return policy;
};

const derive = (indexes: Indexes, server: Server): ServerPolicy => {
  const [limit] = indexes.rateLimits.on(serverKey(server));
  const rateLimit = limit && rateLimitFrom(limit, indexes.options);
  return {
    authorizations: serverGrants(indexes, server),
    routes: serverRoutes(indexes, server, rateLimit !== undefined),
    rateLimit,
  };
};

/** Policies on the Server, policies on its namespace, ServerAuthorizations, then what its access policy adds. */
const serverGrants = ({ authorizations, options }: Indexes, server: Server): readonly Authorization[] => {
  const policies = [
    ...authorizations.onServer(server),
    ...authorizations.onNamespace(server.metadata.namespace),
  ].flatMap((policy) => grantOfPolicy(policy, authorizations, options) ?? []);
  const older = authorizations
    .serverAuthorizationsOn(server)
    .flatMap((authorization) => grantOfServerAuthorization(authorization, options) ?? []);
  return [
    ...inOrder(policies),
    ...inOrder(older),
    ...defaultAuthorizations(server.spec.accessPolicy, options.clusterNetworks),
  ];
};

const serverRoutes = (indexes: Indexes, server: Server, isLimited: boolean): ServerPolicy['routes'] => {
  const accepted = acceptedRoutes(indexes.routes.attachedTo(server.metadata));
  if (accepted.length === 0) return { kind: 'none' };
  const grants = (route: Route): readonly Authorization[] => routeGrants(indexes, route);
  const isSayable = (route: Route): route is GrpcRouteResource => route.kind === 'GRPCRoute' && isGrpcSayable(route);
  if (server.spec.proxyProtocol === 'gRPC' && !isLimited && accepted.every(isSayable)) {
    return { kind: 'grpc', routes: accepted.map((route) => grpcRouteFrom(route, grants(route))) };
  }
  const routes = accepted.map((route) =>
    route.kind === 'HTTPRoute' ? httpRouteFrom(route, grants(route)) : httpRouteFromGrpc(route, grants(route)),
  );
  return { kind: 'http', routes };
};

const routeGrants = ({ authorizations, options }: Indexes, route: Route): readonly Authorization[] =>
  inOrder([...authorizations.onRoute(route)].flatMap((policy) => grantOfPolicy(policy, authorizations, options) ?? []));

/** By name, so that equal policies are equal values however the objects arrived. */
const inOrder = (grants: readonly Authorization[]): readonly Authorization[] =>
  grants.toSorted((a, b) => (a.ref.name < b.ref.name ? -1 : a.ref.name > b.ref.name ? 1 : 0));
