/** The policy resources in their one internal form, whatever version they were written in. */
import type { AuthorizationPolicy } from './kinds/authorization-policy.ts';
import type { EgressNetwork } from './kinds/egress-network.ts';
import type { ExternalWorkload } from './kinds/external-workload.ts';
import type { GrpcRoute } from './kinds/grpc-route.ts';
import type { HttpLocalRateLimitPolicy } from './kinds/http-local-rate-limit-policy.ts';
import type { HttpRoute } from './kinds/http-route.ts';
import type { MeshTlsAuthentication } from './kinds/mesh-tls-authentication.ts';
import type { NetworkAuthentication } from './kinds/network-authentication.ts';
import type { Server } from './kinds/server.ts';
import type { ServerAuthorization } from './kinds/server-authorization.ts';
import type { ServiceProfile } from './kinds/service-profile.ts';
import type { TcpRoute, TlsRoute } from './kinds/stream-routes.ts';

/** Tagged by `kind`; HTTPRoute exists in two groups, told apart by `group`. */
export type Resource =
  | Server
  | AuthorizationPolicy
  | MeshTlsAuthentication
  | NetworkAuthentication
  | ServerAuthorization
  | HttpRoute
  | GrpcRoute
  | TcpRoute
  | TlsRoute
  | HttpLocalRateLimitPolicy
  | EgressNetwork
  | ExternalWorkload
  | ServiceProfile;
