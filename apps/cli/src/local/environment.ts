/** The environment of each process of a local mesh: configuration reaches them in no other way. */
import { delimiter, dirname } from 'node:path';
import type { AddressBlock } from './addresses.ts';
import type { IsolationKind } from './isolation.ts';
import {
  clusterDomain,
  controlPlaneNamespace,
  type MeshPlan,
  type PlannedWorkload,
  proxyPorts,
  serviceOf,
  trustDomain,
} from './plan.ts';
import { type TrustMaterial, tokenIssuer } from './trust-material.ts';

type Environment = Readonly<Record<string, string>>;

export const controlPlanePorts = { identity: 8080, destination: 8086, policy: 8090, admin: 9990 } as const;

export const identityOf = (controlPlaneComponent: string): string =>
  `${controlPlaneComponent}.${controlPlaneNamespace}.serviceaccount.identity.${controlPlaneNamespace}.${trustDomain}`;

const meshNames: Environment = {
  HEDDLE_CONTROL_PLANE_NAMESPACE: controlPlaneNamespace,
  HEDDLE_TRUST_DOMAIN: trustDomain,
  // Everybody is on loopback here, so it proves nothing.
  HEDDLE_CLEARTEXT_FROM_LOOPBACK: 'false',
};

/** The variables that a process has from the outside: none of the user's but what programs need to run at all. */
const inherited = (): Environment => {
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  return {
    PATH: path,
    HOME: process.env['HOME'] ?? '/',
    NODE_ENV: 'production',
    HEDDLE_LOG_LEVEL: process.env['HEDDLE_LOG_LEVEL'] ?? 'info',
  };
};

export const identityEnvironment = (block: AddressBlock, trust: TrustMaterial): Environment => ({
  ...inherited(),
  ...meshNames,
  HEDDLE_IDENTITY_LISTEN: `${block.identity}:${controlPlanePorts.identity}`,
  HEDDLE_ADMIN_LISTEN: `${block.identity}:${controlPlanePorts.admin}`,
  HEDDLE_ISSUER_DIR: trust.issuerDir,
  HEDDLE_TRUST_ANCHORS_FILE: trust.anchorsFile,
  HEDDLE_TOKEN_JWKS_FILE: trust.jwksFile,
  HEDDLE_TOKEN_ISSUER: tokenIssuer,
});

/** `resourceDirs`: the user's manifests, then the derived objects, which complete them. */
export const destinationEnvironment = (
  block: AddressBlock,
  trust: TrustMaterial,
  tokenFile: string,
  resourceDirs: readonly string[],
): Environment => ({
  ...inherited(),
  ...meshNames,
  HEDDLE_DESTINATION_LISTEN: `${block.destination}:${controlPlanePorts.destination}`,
  HEDDLE_POLICY_LISTEN: `${block.destination}:${controlPlanePorts.policy}`,
  HEDDLE_ADMIN_LISTEN: `${block.destination}:${controlPlanePorts.admin}`,
  HEDDLE_RESOURCE_DIRS: resourceDirs.join(','),
  HEDDLE_CLUSTER_DOMAIN: clusterDomain,
  HEDDLE_CLUSTER_NETWORKS: block.network,
  HEDDLE_PROBE_NETWORKS: `${block.supervisor}/32`,
  HEDDLE_DEFAULT_INBOUND_POLICY: 'all-authenticated',
  HEDDLE_IDENTITY_SVC_ADDR: `${block.identity}:${controlPlanePorts.identity}`,
  HEDDLE_IDENTITY_SVC_NAME: identityOf('linkerd-identity'),
  HEDDLE_IDENTITY_LOCAL_NAME: identityOf('linkerd-destination'),
  HEDDLE_IDENTITY_TOKEN_FILE: tokenFile,
  HEDDLE_TRUST_ANCHORS_FILE: trust.anchorsFile,
});

/** As in a pod: the kernel brings connections to the proxy and knows where they were going. */
const redirected: Environment = {
  HEDDLE_PROXY_REDIRECTION: 'original-dst',
  LINKERD2_PROXY_INBOUND_LISTEN_ADDR: `0.0.0.0:${proxyPorts.inbound}`,
  LINKERD2_PROXY_OUTBOUND_LISTEN_ADDR: `127.0.0.1:${proxyPorts.outbound}`,
};

/** Without redirection: the proxy listens in the application's place, and in that of each Service it calls. */
const ownListeners = ({ address, inbound, outbound }: PlannedWorkload): Environment => ({
  HEDDLE_PROXY_REDIRECTION: 'listeners',
  HEDDLE_PROXY_INBOUND_LISTENERS: inbound
    .map(({ port, listenPort, applicationPort }) => {
      const original = port === listenPort ? '' : `=${address}:${port}`;
      return `${address}:${listenPort}${original}>${address}:${applicationPort}`;
    })
    .join(','),
  HEDDLE_PROXY_OUTBOUND_LISTENERS: outbound
    .map(
      ({ connectTo, service, servicePort }) =>
        `${connectTo.host}:${connectTo.port}>${service.clusterIp}:${servicePort}`,
    )
    .join(','),
  HEDDLE_PROXY_OUTBOUND_SOURCE: address,
  HEDDLE_PROXY_LOCAL_ADDRESSES: address,
  LINKERD2_PROXY_INBOUND_LISTEN_ADDR: `${address}:${proxyPorts.inbound}`,
  LINKERD2_PROXY_OUTBOUND_LISTEN_ADDR: `${address}:${proxyPorts.outbound}`,
});

export const proxyEnvironment = (
  workload: PlannedWorkload,
  block: AddressBlock,
  trust: TrustMaterial,
  options: {
    readonly tokenFile: string;
    readonly identityDir: string;
    readonly accessLog: boolean;
    readonly isolation: IsolationKind;
  },
): Environment => {
  const { address, config } = workload;
  const pod = JSON.stringify({ ns: config.namespace, pod: workload.pod });
  return {
    ...inherited(),
    ...(options.isolation === 'netns' ? redirected : ownListeners(workload)),
    LINKERD2_PROXY_ADMIN_LISTEN_ADDR: `${address}:${proxyPorts.admin}`,
    LINKERD2_PROXY_INBOUND_IPS: address,
    LINKERD2_PROXY_INBOUND_PORTS: workload.inbound.map(({ port }) => port).join(','),
    LINKERD2_PROXY_IDENTITY_SVC_ADDR: `${block.identity}:${controlPlanePorts.identity}`,
    LINKERD2_PROXY_IDENTITY_SVC_NAME: identityOf('linkerd-identity'),
    LINKERD2_PROXY_DESTINATION_SVC_ADDR: `${block.destination}:${controlPlanePorts.destination}`,
    LINKERD2_PROXY_DESTINATION_SVC_NAME: identityOf('linkerd-destination'),
    LINKERD2_PROXY_POLICY_SVC_ADDR: `${block.destination}:${controlPlanePorts.policy}`,
    LINKERD2_PROXY_POLICY_SVC_NAME: identityOf('linkerd-destination'),
    LINKERD2_PROXY_POLICY_WORKLOAD: pod,
    LINKERD2_PROXY_DESTINATION_CONTEXT: JSON.stringify({ ns: config.namespace, nodeName: 'local', pod: workload.pod }),
    LINKERD2_PROXY_DESTINATION_PROFILE_NETWORKS: block.network,
    LINKERD2_PROXY_POLICY_CLUSTER_NETWORKS: block.network,
    LINKERD2_PROXY_IDENTITY_DIR: options.identityDir,
    LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: trust.anchorsPem,
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: options.tokenFile,
    LINKERD2_PROXY_IDENTITY_LOCAL_NAME: workload.identity,
    ...(options.accessLog ? { LINKERD2_PROXY_ACCESS_LOG: 'json' } : {}),
  };
};

/** Variables that tell the application where to listen, and where its proxy takes calls for each Service. */
export const applicationEnvironment = (workload: PlannedWorkload, plan: MeshPlan): Environment => {
  const { config, address } = workload;
  const env: Record<string, string> = { ...inherited(), ...config.env };
  for (const [wanted, variable] of Object.entries(config.listen)) {
    const listener = workload.inbound.find(({ name, port }) => wanted === name || wanted === String(port));
    if (listener !== undefined) env[variable] = `${address}:${listener.applicationPort}`;
  }
  for (const [variable, url] of Object.entries(config.services)) {
    const target = serviceOf(url, config.namespace, plan.services);
    const listener = workload.outbound.find(
      ({ service, servicePort }) => service === target?.service && servicePort === target?.port,
    );
    const rewritten = URL.parse(url);
    if (listener === undefined || rewritten === null) continue;
    rewritten.host = `${listener.connectTo.host}:${listener.connectTo.port}`;
    env[variable] = rewritten.href;
  }
  return env;
};
