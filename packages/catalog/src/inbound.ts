/** The inbound policy of one port of one workload (features §2.6, wire §3.8, DESIGN §7). */
import type { Server, UnreadableResource } from '@heddle/crds';
import {
  defaultAuthorizations,
  type GrpcRoute,
  type HttpRoute,
  type InboundPolicy,
  type Protocol,
  type RateLimit,
} from '@heddle/policy';
import { opaquePortsOf } from './annotations.ts';
import { defaultPolicyFor } from './defaults.ts';
import type { Indexes } from './indexes.ts';
import { grpcProbeRoutes, httpProbeRoutes } from './probes.ts';
import { defaultRef, resourceRef } from './refs.ts';
import { anyCall } from './route-model.ts';
import { type ServerPolicy, serverPolicy } from './server-policy.ts';
import { isRoute } from './status-unreadable.ts';
import { listsPort, type Workload } from './workload.ts';

/** How long a proxy waits for the first bytes of a connection before it takes them for an unknown protocol. */
const DETECT_TIMEOUT_MS = 10_000;

/** Where a Server owns the port its policy holds, and the defaults of pod, namespace and install are not looked at. */
export const inboundPolicyOf = (indexes: Indexes, workload: Workload, port: number): InboundPolicy => {
  const server = indexes.servers.owner(workload, port);
  const closure = indexes.closures.onPort(workload, port) ?? (server && indexes.closures.onServer(server));
  if (closure) return closedPolicy(closure, indexes, workload, port);
  if (!server) return defaultInboundPolicy(indexes, workload, port);
  const policy = serverPolicy(indexes, server);
  return {
    server: resourceRef(server),
    protocol: protocolOf(server, policy, indexes, workload, port),
    authorizations: policy.authorizations,
    serverIps: workload.ips,
  };
};

/**
 * Of a port of which something that cannot be read may speak: nobody is let in. The kubelet's calls are, as under `deny`,
 * except for those that the user's routes, or a route that cannot be read, may have taken.
 */
const closedPolicy = (
  closure: UnreadableResource,
  indexes: Indexes,
  workload: Workload,
  port: number,
): InboundPolicy => {
  const { namespace, name } = closure.metadata;
  const server = indexes.servers.owner(workload, port);
  const attached = [
    ...(closure.closes.kind === 'ports' ? indexes.routes.attachedTo({ namespace, name }) : []),
    ...(server ? indexes.routes.attachedTo(server.metadata) : []),
  ];
  return {
    server: resourceRef(closure),
    protocol: {
      kind: 'detect',
      timeoutMs: DETECT_TIMEOUT_MS,
      routes: isRoute(closure) || attached.length > 0 ? [DEFAULT_HTTP_ROUTE] : httpRoutes([], indexes, workload, port),
    },
    authorizations: [],
    serverIps: workload.ips,
  };
};

/** Whether a workload takes a port for raw bytes: by its Server, or by annotations where no Server owns the port. */
export const isOpaquePort = (indexes: Indexes, workload: Workload, port: number): boolean => {
  const server = indexes.servers.owner(workload, port);
  if (server) return server.spec.proxyProtocol === 'opaque';
  return isMarkedOpaque(indexes, workload, port);
};

const isMarkedOpaque = ({ namespaces, options }: Indexes, workload: Workload, port: number): boolean =>
  listsPort(
    workload,
    workload.opaquePorts ?? opaquePortsOf(namespaces.get(workload.namespace)?.metadata) ?? options.defaultOpaquePorts,
    port,
  );

const defaultInboundPolicy = (indexes: Indexes, workload: Workload, port: number): InboundPolicy => {
  const policy = defaultPolicyFor(indexes, workload, port);
  return {
    server: defaultRef(policy),
    protocol: isMarkedOpaque(indexes, workload, port)
      ? { kind: 'opaque' }
      : { kind: 'detect', timeoutMs: DETECT_TIMEOUT_MS, routes: httpRoutes([], indexes, workload, port) },
    authorizations: defaultAuthorizations(policy, indexes.options.clusterNetworks),
    serverIps: workload.ips,
  };
};

const protocolOf = (
  server: Server,
  { routes: attached, rateLimit }: ServerPolicy,
  indexes: Indexes,
  workload: Workload,
  port: number,
): Protocol => {
  const routes = (byDefault = DEFAULT_HTTP_ROUTE): readonly HttpRoute[] =>
    httpRoutes(attached.kind === 'http' ? attached.routes : [], indexes, workload, port, byDefault);
  switch (server.spec.proxyProtocol) {
    case 'unknown':
      return { kind: 'detect', timeoutMs: DETECT_TIMEOUT_MS, routes: routes(), ...limited(rateLimit) };
    case 'HTTP/1':
      return { kind: 'http1', routes: routes(), ...limited(rateLimit) };
    case 'HTTP/2':
      return { kind: 'http2', routes: routes(), ...limited(rateLimit) };
    case 'gRPC':
      // What gRPC messages cannot say keeps its meaning said of an HTTP/2 port.
      if (attached.kind === 'http' || rateLimit) {
        return { kind: 'http2', routes: routes(ANY_CALL_ROUTE), ...limited(rateLimit) };
      }
      return {
        kind: 'grpc',
        routes: grpcRoutes(attached.kind === 'grpc' ? attached.routes : [], indexes, workload, port),
      };
    case 'opaque':
      return { kind: 'opaque' };
    case 'TLS':
      return { kind: 'tls' };
  }
};

const limited = (rateLimit: RateLimit | undefined): { readonly rateLimit?: RateLimit } =>
  rateLimit ? { rateLimit } : {};

/** The user's routes, or the default route where there are none; and the probe route for what none of them takes. */
const httpRoutes = (
  attached: readonly HttpRoute[],
  indexes: Indexes,
  workload: Workload,
  port: number,
  byDefault = DEFAULT_HTTP_ROUTE,
): readonly HttpRoute[] => [
  ...(attached.length > 0 ? attached : [byDefault]),
  ...httpProbeRoutes(indexes, workload, port, attached),
];

const grpcRoutes = (
  attached: readonly GrpcRoute[],
  indexes: Indexes,
  workload: Workload,
  port: number,
): readonly GrpcRoute[] => [
  ...(attached.length > 0 ? attached : [DEFAULT_GRPC_ROUTE]),
  ...grpcProbeRoutes(indexes, workload, port, attached),
];

const DEFAULT_HTTP_ROUTE: HttpRoute = {
  ref: defaultRef('default'),
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }], filters: [] }],
};

/** The default route of a gRPC port that is said to speak HTTP/2. */
const ANY_CALL_ROUTE: HttpRoute = { ...DEFAULT_HTTP_ROUTE, rules: [{ matches: [anyCall], filters: [] }] };

const DEFAULT_GRPC_ROUTE: GrpcRoute = {
  ref: defaultRef('default'),
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ service: '', method: '', headers: [] }], filters: [] }],
};
