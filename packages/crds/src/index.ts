/** The common types of the custom resources: their schemas, their validation, their one internal form. */
export { customResourceDefinitions } from './crd.ts';
export type {
  AuthenticationRef,
  AuthorizationPolicy,
  HttpRouteGroup,
  PolicyTarget,
} from './kinds/authorization-policy.ts';
export type { EgressNetwork } from './kinds/egress-network.ts';
export type { ExternalWorkload } from './kinds/external-workload.ts';
export { isForeignRoute } from './kinds/foreign-route.ts';
export type { GrpcRoute, GrpcRouteMatch, GrpcRouteRule } from './kinds/grpc-route.ts';
export type { HttpLocalRateLimitPolicy } from './kinds/http-local-rate-limit-policy.ts';
export type { HttpRoute, HttpRouteMatch, HttpRouteRule } from './kinds/http-route.ts';
export type { IdentityRef, MeshTlsAuthentication } from './kinds/mesh-tls-authentication.ts';
export type { NetworkAuthentication } from './kinds/network-authentication.ts';
export type { BackendRef, ParentRef, ValueMatch } from './kinds/route.ts';
export type { HeaderModifierFilter, PathModifier, RouteFilter } from './kinds/route-filters.ts';
export type { DefaultPolicyName, ProxyProtocol, Server } from './kinds/server.ts';
export type { ServerAuthorization } from './kinds/server-authorization.ts';
export type { RequestCondition, ResponseCondition, ServiceProfile } from './kinds/service-profile.ts';
export type { NetworkMatch } from './networks.ts';
export type { ObjectKey, ObjectMeta, OwnerReference } from './object.ts';
export { compareAge, keyOf, keyText } from './object.ts';
export { type ParseOptions, type ParseResult, parseObject } from './parse.ts';
export { formatPath, formatProblem, type Problem, type ProblemPath, quote } from './problem.ts';
export type { Resource } from './resource.ts';
export type { LabelExpression, LabelSelector } from './selector.ts';
export { matchesSelector } from './selector.ts';
export type { ResourceSink, ResourceSource } from './source.ts';
export { type Closure, type UnreadableResource, unreadableFrom } from './unreadable.ts';
