/**
 * The environment of the proxy (wire §4.1, §4.2). The names are Linkerd's, so that Linkerd's own proxy image can take the
 * place of ours; variables named HEDDLE_… are ours, and mean nothing to it.
 */
import type { InjectionContext } from '../context.ts';
import { controlPlaneIdentity, trustDomainOf } from '../install-config.ts';
import { tcpPortsOf } from '../opaque-ports.ts';
import type { Settings } from '../settings/definitions.ts';
import { type EnvironmentVariable, mergeEnvironment } from '../settings/environment-list.ts';
import { formatPorts } from '../settings/port-lists.ts';
import { tracingEnvironment } from '../tracing.ts';
import { identityDir, tokenDir } from './volumes.ts';

type Values = Readonly<Record<string, string | undefined>>;

/** What a user adds replaces what has the same name, in its place. */
export const proxyEnvironment = (context: InjectionContext): readonly EnvironmentVariable[] =>
  mergeEnvironment(
    [
      // First, since later values refer to them.
      ...podFacts,
      ...variables('LINKERD2_PROXY_', {
        ...workers(context.settings),
        ...logging(context.settings),
        ...controlPlane(context),
        ...listeners(context.settings),
        ...inbound(context),
        ...outbound(context),
        ...timeouts(context.settings),
        ...identity(context),
        ...shutdown(context.settings),
      }),
      fieldVariable('LINKERD2_PROXY_INBOUND_IPS', 'status.podIPs'),
      ...variables('HEDDLE_PROXY_', ownVariables(context.settings)),
      ...tracingEnvironment(context),
    ],
    context.settings.additionalEnv,
  );

const variables = (prefix: string, values: Values): readonly EnvironmentVariable[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [{ name: prefix + name, value }],
  );

const fieldVariable = (name: string, fieldPath: string): EnvironmentVariable => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});

const podFacts: readonly EnvironmentVariable[] = [
  fieldVariable('_pod_name', 'metadata.name'),
  fieldVariable('_pod_ns', 'metadata.namespace'),
  fieldVariable('_pod_uid', 'metadata.uid'),
  fieldVariable('_pod_nodeName', 'spec.nodeName'),
  fieldVariable('_pod_sa', 'spec.serviceAccountName'),
  { name: '_pod_containerName', value: 'linkerd-proxy' },
];

const whenTrue = (flag: boolean): string | undefined => (flag ? 'true' : undefined);

/** The proxy's parser takes one unit. */
const duration = (milliseconds: number): string =>
  milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;

/** Never ends, for practical purposes. */
const unlimited = '365d';

/** Whole processors, rounded up: the request is the least and the limit the most that there are workers. */
const workers = ({ cpuRequest, cpuLimit, cpuRatioLimit }: Settings): Values => ({
  CORES_MIN: cpuRequest && `${Math.max(1, Math.ceil(cpuRequest.amount))}`,
  CORES_MAX: cpuLimit && `${Math.max(1, Math.ceil(cpuLimit.amount))}`,
  CORES_MAX_RATIO: cpuRatioLimit,
});

const logging = (settings: Settings): Values => ({
  LOG:
    settings.logHttpHeaders === 'insecure' ? settings.logLevel : `${settings.logLevel},[{headers}]=off,[{request}]=off`,
  LOG_FORMAT: settings.logFormat,
  ACCESS_LOG: settings.accessLog,
  OUTBOUND_METRICS_HOSTNAME_LABELS: String(settings.hasHostnameLabels),
});

/** Where the control plane is, and whose identity answers there. */
const controlPlane = ({ install, settings }: InjectionContext): Values => {
  const service = (name: string, port: number): string =>
    `${name}.${install.controlPlaneNamespace}.svc.${settings.clusterDomain}.:${port}`;
  const destinationIdentity = controlPlaneIdentity(install, 'linkerd-destination');
  return {
    DESTINATION_SVC_ADDR: service('linkerd-dst-headless', 8086),
    DESTINATION_SVC_NAME: destinationIdentity,
    DESTINATION_CONTEXT: '{"ns":"$(_pod_ns)", "nodeName":"$(_pod_nodeName)", "pod":"$(_pod_name)"}\n',
    DESTINATION_PROFILE_NETWORKS: settings.clusterNetworks,
    DESTINATION_PROFILE_SUFFIXES: settings.hasExternalProfiles ? '.' : `svc.${settings.clusterDomain}.`,
    POLICY_SVC_ADDR: service('linkerd-policy', 8090),
    POLICY_SVC_NAME: destinationIdentity,
    POLICY_WORKLOAD: '{"ns":"$(_pod_ns)", "pod":"$(_pod_name)"}\n',
    POLICY_CLUSTER_NETWORKS: settings.clusterNetworks,
    CONTROL_STREAM_INITIAL_TIMEOUT: duration(settings.streamInitialTimeoutMs),
    CONTROL_STREAM_IDLE_TIMEOUT: duration(settings.streamIdleTimeoutMs),
    CONTROL_STREAM_LIFETIME: duration(settings.streamLifetimeMs),
  };
};

/** Outbound listens on loopback only; the older singular is for older proxies. */
const listeners = (settings: Settings): Values => {
  const { controlPort, adminPort, inboundPort, outboundPort, isIpv6Disabled } = settings;
  const any = isIpv6Disabled ? '0.0.0.0' : '[::]';
  return {
    CONTROL_LISTEN_ADDR: `${any}:${controlPort}`,
    ADMIN_LISTEN_ADDR: `${any}:${adminPort}`,
    INBOUND_LISTEN_ADDR: `${any}:${inboundPort}`,
    OUTBOUND_LISTEN_ADDR: `127.0.0.1:${outboundPort}`,
    OUTBOUND_LISTEN_ADDRS: `127.0.0.1:${outboundPort}${isIpv6Disabled ? '' : `,[::1]:${outboundPort}`}`,
  };
};

const inbound = ({ pod, settings }: InjectionContext): Values => {
  const declared = tcpPortsOf(pod);
  const portsNamed = (name: string): readonly number[] =>
    declared.flatMap((each) => (each.name === name ? [each.port] : []));
  const numbers = [...new Set(declared.map(({ port }) => port))].sort((a, b) => a - b);
  return {
    INBOUND_PORTS: settings.podInboundPorts ? formatPorts(settings.podInboundPorts) : numbers.join(','),
    INBOUND_DEFAULT_POLICY: settings.defaultInboundPolicy,
    INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION: formatPorts(settings.opaquePorts, portsNamed),
    INBOUND_PORTS_REQUIRE_IDENTITY: formatPorts(settings.requireIdentityPorts),
    INBOUND_GATEWAY_SUFFIXES: settings.isGateway ? `svc.${settings.clusterDomain}.` : undefined,
    INBOUND_ACCEPT_KEEPALIVE: '10000ms',
    INBOUND_ACCEPT_USER_TIMEOUT: '30s',
    INBOUND_SERVER_HTTP2_KEEP_ALIVE_INTERVAL: duration(settings.inboundKeepAliveMs),
    INBOUND_SERVER_HTTP2_KEEP_ALIVE_TIMEOUT: duration(settings.inboundKeepAliveTimeoutMs),
  };
};

const outbound = ({ settings, isIngress }: InjectionContext): Values => ({
  INGRESS_MODE: whenTrue(isIngress),
  OUTBOUND_CONNECT_KEEPALIVE: '10000ms',
  OUTBOUND_CONNECT_USER_TIMEOUT: '30s',
  OUTBOUND_SERVER_HTTP2_KEEP_ALIVE_INTERVAL: duration(settings.outboundKeepAliveMs),
  OUTBOUND_SERVER_HTTP2_KEEP_ALIVE_TIMEOUT: duration(settings.outboundKeepAliveTimeoutMs),
});

const timeouts = (settings: Settings): Values => ({
  INBOUND_CONNECT_TIMEOUT: duration(settings.inboundConnectTimeoutMs),
  OUTBOUND_CONNECT_TIMEOUT: duration(settings.outboundConnectTimeoutMs),
  INBOUND_DISCOVERY_IDLE_TIMEOUT: duration(settings.inboundDiscoveryIdleMs),
  OUTBOUND_DISCOVERY_IDLE_TIMEOUT: duration(settings.outboundDiscoveryIdleMs),
  INBOUND_DETECT_TIMEOUT: settings.isInboundDetectUnlimited ? unlimited : undefined,
  OUTBOUND_DETECT_TIMEOUT: settings.isOutboundDetectUnlimited ? unlimited : undefined,
});

const identity = ({ install, settings }: InjectionContext): Values => ({
  IDENTITY_DIR: identityDir,
  IDENTITY_TRUST_ANCHORS: install.trustAnchorsPem,
  IDENTITY_TOKEN_FILE: `${tokenDir}/linkerd-identity-token`,
  IDENTITY_SVC_ADDR: `linkerd-identity-headless.${install.controlPlaneNamespace}.svc.${settings.clusterDomain}.:8080`,
  IDENTITY_SVC_NAME: controlPlaneIdentity(install, 'linkerd-identity'),
  IDENTITY_LOCAL_NAME: `$(_pod_sa).$(_pod_ns).serviceaccount.identity.${install.controlPlaneNamespace}.${trustDomainOf(install)}`,
});

const shutdown = (settings: Settings): Values => ({
  SHUTDOWN_ENDPOINT_ENABLED: String(settings.isShutdownEnabled),
  SHUTDOWN_GRACE_PERIOD: settings.shutdownGraceMs > 0 ? duration(settings.shutdownGraceMs) : undefined,
});

const ownVariables = (settings: Settings): Values => ({
  MESH_REQUIRED: whenTrue(settings.isMeshRequired),
  SCRAPE_NETWORKS: settings.scrapeNetworks,
});
