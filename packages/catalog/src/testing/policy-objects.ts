/** Builders of policy resources: everything has a default, so a test says only what it is about. */
import type {
  AuthorizationPolicy,
  Closure,
  EgressNetwork,
  GrpcRoute,
  HttpLocalRateLimitPolicy,
  HttpRoute,
  HttpRouteMatch,
  MeshTlsAuthentication,
  NetworkAuthentication,
  Server,
  ServerAuthorization,
  ServiceProfile,
  UnreadableResource,
} from '@heddle/crds';
import { orThrow, parseNetwork } from '@heddle/names';
import { type Meta, metaOf, selectorOf } from './meta.ts';

/** A Server `web` for the port `http` of pods with `app: web`; its access policy is `deny`. */
export const buildServer = (parts: Meta & Partial<Server['spec']> = {}): Server => ({
  group: 'policy.linkerd.io',
  kind: 'Server',
  metadata: metaOf(parts, 'web'),
  spec: {
    workloads: parts.workloads ?? { kind: 'pods', selector: selectorOf({ app: 'web' }) },
    port: parts.port ?? { kind: 'name', name: 'http' },
    proxyProtocol: parts.proxyProtocol ?? 'unknown',
    accessPolicy: parts.accessPolicy ?? 'deny',
  },
});

const parent = (kind: string, name: string, namespace: string): HttpRoute['spec']['parentRefs'][number] => ({
  group: kind === 'Server' ? 'policy.linkerd.io' : '',
  kind,
  namespace,
  name,
});

/** A route `get` on the Server `web`: GET under `/`. */
export const buildHttpRoute = (
  parts: Meta &
    Partial<HttpRoute['spec']> & {
      readonly group?: HttpRoute['group'];
      readonly server?: string;
      readonly matches?: readonly Partial<HttpRouteMatch>[];
    } = {},
): HttpRoute => {
  const metadata = metaOf(parts, 'get');
  const matches = parts.matches ?? [{ method: 'GET', path: { kind: 'prefix', value: '/' } }];
  return {
    group: parts.group ?? 'policy.linkerd.io',
    kind: 'HTTPRoute',
    metadata,
    spec: {
      parentRefs: parts.parentRefs ?? [parent('Server', parts.server ?? 'web', metadata.namespace)],
      hostnames: parts.hostnames ?? [],
      rules: parts.rules ?? [
        {
          matches: matches.map((match) => ({ headers: [], queryParams: [], ...match })),
          filters: [],
          backendRefs: [],
          timeouts: {},
        },
      ],
    },
  };
};

export const buildGrpcRoute = (
  parts: Meta &
    Partial<GrpcRoute['spec']> & {
      readonly server?: string;
      readonly matches?: GrpcRoute['spec']['rules'][number]['matches'];
    } = {},
): GrpcRoute => {
  const metadata = metaOf(parts, 'call');
  return {
    group: 'gateway.networking.k8s.io',
    kind: 'GRPCRoute',
    metadata,
    spec: {
      parentRefs: parts.parentRefs ?? [parent('Server', parts.server ?? 'web', metadata.namespace)],
      hostnames: parts.hostnames ?? [],
      rules: parts.rules ?? [{ matches: parts.matches ?? [], filters: [], backendRefs: [] }],
    },
  };
};

/** A policy `allow` on the Server `web` that requires the MeshTLSAuthentication `clients`. */
export const buildAuthorizationPolicy = (
  parts: Meta & Partial<AuthorizationPolicy['spec']> = {},
): AuthorizationPolicy => {
  const metadata = metaOf(parts, 'allow');
  return {
    group: 'policy.linkerd.io',
    kind: 'AuthorizationPolicy',
    metadata,
    spec: {
      target: parts.target ?? { kind: 'Server', name: 'web' },
      requiredAuthentications: parts.requiredAuthentications ?? [
        { kind: 'MeshTLSAuthentication', namespace: metadata.namespace, name: 'clients' },
      ],
    },
  };
};

export const buildMeshTls = (parts: Meta & Partial<MeshTlsAuthentication['spec']> = {}): MeshTlsAuthentication => ({
  group: 'policy.linkerd.io',
  kind: 'MeshTLSAuthentication',
  metadata: metaOf(parts, 'clients'),
  spec: {
    identities: parts.identities ?? (parts.identityRefs ? [] : ['*']),
    identityRefs: parts.identityRefs ?? [],
  },
});

export const buildNetworkAuthentication = (
  parts: Meta & { readonly cidrs?: readonly string[] } = {},
): NetworkAuthentication => ({
  group: 'policy.linkerd.io',
  kind: 'NetworkAuthentication',
  metadata: metaOf(parts, 'office'),
  spec: {
    networks: (parts.cidrs ?? ['192.168.0.0/16']).map((cidr) => ({ net: orThrow(parseNetwork(cidr)), except: [] })),
  },
});

export const buildServerAuthorization = (
  parts: Meta & Partial<ServerAuthorization['spec']> = {},
): ServerAuthorization => ({
  group: 'policy.linkerd.io',
  kind: 'ServerAuthorization',
  metadata: metaOf(parts, 'older'),
  spec: {
    server: parts.server ?? { kind: 'name', name: 'web' },
    client: parts.client ?? { authentication: { kind: 'identities', identities: ['*'], serviceAccounts: [] } },
  },
});

export const buildRateLimit = (
  parts: Meta & Partial<HttpLocalRateLimitPolicy['spec']> = {},
): HttpLocalRateLimitPolicy => ({
  group: 'policy.linkerd.io',
  kind: 'HTTPLocalRateLimitPolicy',
  metadata: metaOf(parts, 'limit'),
  spec: {
    server: parts.server ?? { name: 'web' },
    total: parts.total ?? 100,
    identity: parts.identity,
    overrides: parts.overrides ?? [],
  },
});

/** A ServiceProfile of the Service `web` in `shop`, in the Service's namespace. */
export const buildServiceProfile = (
  parts: Omit<Meta, 'name'> & Partial<ServiceProfile['spec']> & { readonly service?: string } = {},
): ServiceProfile => ({
  group: 'linkerd.io',
  kind: 'ServiceProfile',
  metadata: metaOf({ ...parts, name: `${parts.service ?? 'web.shop'}.svc.cluster.local` }, ''),
  spec: {
    routes: parts.routes ?? [],
    retryBudget: parts.retryBudget,
    dstOverrides: parts.dstOverrides ?? [],
    opaquePorts: parts.opaquePorts ?? [],
  },
});

/** An EgressNetwork `outside` of `shop` for everything outside the cluster. */
export const buildEgressNetwork = (
  parts: Meta & { readonly trafficPolicy?: 'Allow' | 'Deny'; readonly cidrs?: readonly string[] } = {},
): EgressNetwork => ({
  group: 'policy.linkerd.io',
  kind: 'EgressNetwork',
  metadata: metaOf(parts, 'outside'),
  spec: {
    trafficPolicy: parts.trafficPolicy ?? 'Deny',
    networks: parts.cidrs?.map((cidr) => {
      const [net = '', ...except] = cidr.split(' except ');
      return { net: orThrow(parseNetwork(net)), except: except.map((part) => orThrow(parseNetwork(part))) };
    }),
  },
});

/** Closes everything that Servers of the namespace say. */
export const buildUnreadable = (
  parts: Meta & { readonly group?: string; readonly standsFor?: string; readonly closes?: Closure } = {},
): UnreadableResource => ({
  group: parts.group ?? 'policy.linkerd.io',
  kind: 'Unreadable',
  standsFor: parts.standsFor ?? 'HTTPRoute',
  metadata: metaOf(parts, 'web'),
  problem: 'spec: is required',
  closes: parts.closes ?? { kind: 'servers' },
});
