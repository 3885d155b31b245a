/** Builders of Kubernetes objects for tests: everything has a default, so a test says only what it is about. */
import type {
  AuthorizationPolicy,
  EgressNetwork,
  GrpcRoute,
  HttpLocalRateLimitPolicy,
  HttpRoute,
  HttpRouteMatch,
  LabelSelector,
  MeshTlsAuthentication,
  NetworkAuthentication,
  ObjectMeta,
  Server,
  ServerAuthorization,
  ServiceProfile,
} from '@heddle/crds';
import type { Container, EndpointSlice, Namespace, Node, Pod, Service, ServiceAccount } from '@heddle/crds/core';
import { orThrow, parseNetwork } from '@heddle/names';

type Labels = Readonly<Record<string, string>>;

/** The parts of the metadata that tests care about. */
export interface Meta {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  /** Age: a smaller number is older. */
  readonly createdMs?: number;
}

const metaOf = (meta: Meta, name: string, namespace = 'shop'): ObjectMeta => ({
  name: meta.name ?? name,
  namespace: meta.namespace ?? namespace,
  uid: '',
  creationTimestampMs: meta.createdMs ?? 0,
  labels: meta.labels ?? {},
  annotations: meta.annotations ?? {},
  resourceVersion: '',
  generation: 0,
  ownerReferences: [],
});

export const selectorOf = (matchLabels: Labels): LabelSelector => ({ matchLabels, matchExpressions: [] });

export interface PodParts extends Meta {
  readonly ip?: string;
  /** All addresses, where there are several. */
  readonly ips?: readonly string[];
  readonly serviceAccount?: string;
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly phase?: string;
  /** Container ports by name. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly hostIps?: readonly string[];
  /** HTTP readiness probes. */
  readonly probes?: readonly { readonly path: string; readonly port: number | string }[];
  /** Further containers. */
  readonly containers?: readonly Partial<Container>[];
  readonly initContainers?: readonly Partial<Container>[];
}

/** A pod `web` in namespace `shop`, meshed by the control plane in `linkerd` unless its labels say otherwise. */
export const buildPod = (parts: PodParts = {}): Pod => ({
  group: '',
  kind: 'Pod',
  metadata: metaOf({ labels: meshedLabels('web'), ...parts }, 'web'),
  spec: {
    serviceAccountName: parts.serviceAccount ?? 'web',
    nodeName: parts.nodeName ?? '',
    hostNetwork: parts.hostNetwork ?? false,
    hostname: '',
    subdomain: '',
    containers: [
      {
        name: 'app',
        ports: Object.entries(parts.ports ?? { http: 8080 }).map(([name, containerPort]) => ({
          name,
          containerPort,
          protocol: 'TCP',
          hostPort: 0,
        })),
      },
      ...(parts.probes ?? []).map(({ path, port }, index) => ({
        name: `p${index}`,
        ports: [],
        readinessProbe: { httpGet: { path, port, scheme: 'HTTP' as const, host: '' } },
      })),
      ...(parts.containers ?? []).map(containerFrom),
    ],
    initContainers: (parts.initContainers ?? []).map(containerFrom),
  },
  status: {
    phase: parts.phase ?? 'Running',
    podIps: parts.ips ?? [parts.ip ?? '10.0.0.1'],
    hostIps: parts.hostIps ?? [],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});

const containerFrom = (parts: Partial<Container>): Container => ({ name: 'more', ports: [], ...parts });

/** The labels of a meshed pod of an app. */
export const meshedLabels = (app: string): Labels => ({ app, 'linkerd.io/control-plane-ns': 'linkerd' });

export interface ServiceParts extends Meta {
  readonly clusterIp?: string;
  readonly type?: Service['spec']['type'];
  readonly internalTrafficPolicy?: 'Cluster' | 'Local';
  readonly ipFamilies?: Service['spec']['ipFamilies'];
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly appProtocol?: string }[];
}

export const buildService = (parts: ServiceParts = {}): Service => ({
  group: '',
  kind: 'Service',
  metadata: metaOf(parts, 'web'),
  spec: {
    type: parts.type ?? 'ClusterIP',
    clusterIps: [parts.clusterIp ?? '10.96.0.1'],
    isHeadless: false,
    ipFamilies: parts.ipFamilies ?? ['IPv4'],
    selector: { app: 'web' },
    ports: (parts.ports ?? [{ port: 80 }]).map(({ name = '', port, appProtocol = '' }) => ({
      name,
      port,
      targetPort: port,
      protocol: 'TCP',
      appProtocol,
    })),
    internalTrafficPolicy: parts.internalTrafficPolicy ?? 'Cluster',
    publishNotReadyAddresses: false,
  },
});

export interface SliceEndpointParts {
  readonly address: string;
  /** The pod behind the address, in the slice's namespace. */
  readonly pod?: string | undefined;
  /** The kind of what is behind the address; `Pod` by default. */
  readonly kind?: string;
  readonly isReady?: boolean;
  /** Not ready, but serving while it ends. */
  readonly isEnding?: boolean;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly forZones?: readonly string[];
  readonly forNodes?: readonly string[];
}

export interface SliceParts extends Meta {
  readonly service?: string;
  readonly addressType?: EndpointSlice['addressType'];
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  readonly endpoints?: readonly SliceEndpointParts[];
}

export const buildSlice = (parts: SliceParts = {}): EndpointSlice => {
  const metadata = metaOf(parts, 'web-1');
  return {
    group: 'discovery.k8s.io',
    kind: 'EndpointSlice',
    metadata,
    serviceName: parts.service ?? 'web',
    addressType: parts.addressType ?? 'IPv4',
    ports: (parts.ports ?? [{ port: 8080 }]).map(({ name = '', port }) => ({
      name,
      port,
      protocol: 'TCP',
      appProtocol: '',
    })),
    endpoints: (parts.endpoints ?? [{ address: '10.0.0.1', pod: 'web' }]).map((endpoint) => ({
      addresses: [endpoint.address],
      isReady: endpoint.isEnding ? false : (endpoint.isReady ?? true),
      isServing: endpoint.isReady ?? true,
      isTerminating: endpoint.isEnding ?? false,
      hostname: endpoint.hostname ?? '',
      nodeName: endpoint.nodeName ?? '',
      zone: endpoint.zone ?? '',
      targetRef:
        endpoint.pod === undefined
          ? undefined
          : { kind: endpoint.kind ?? 'Pod', namespace: metadata.namespace, name: endpoint.pod },
      forZones: endpoint.forZones ?? [],
      forNodes: endpoint.forNodes ?? [],
    })),
  };
};

export const buildNamespace = (parts: Meta = {}): Namespace => ({
  group: '',
  kind: 'Namespace',
  metadata: { ...metaOf(parts, 'shop'), namespace: '' },
});

export const buildServiceAccount = (parts: Meta = {}): ServiceAccount => ({
  group: '',
  kind: 'ServiceAccount',
  metadata: metaOf(parts, 'web'),
});

export const buildNode = (
  name: string,
  zone: string,
  parts: Meta & { readonly ips?: readonly string[]; readonly podCidrs?: readonly string[] } = {},
): Node => ({
  group: '',
  kind: 'Node',
  metadata: {
    ...metaOf({ ...parts, name, labels: { 'topology.kubernetes.io/zone': zone } }, name),
    namespace: '',
  },
  podCidrs: parts.podCidrs ?? [],
  ips: parts.ips ?? [],
});

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
