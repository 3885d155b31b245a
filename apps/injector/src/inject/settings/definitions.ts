/**
 * Everything about injection that can be configured (features §2.1), with the names that Linkerd's annotations and
 * chart have. Where the defaults differ from Linkerd's: IPv6 is captured, and without policy a client needs an identity.
 */
import { installSetting, type SettingDefinition, setting } from './definition.ts';
import { type EnvironmentVariable, environmentList, mergeEnvironment } from './environment-list.ts';
import {
  dnsName,
  duration,
  flag,
  hostAndPort,
  image,
  imageTag,
  integer,
  logFilter,
  networks,
  oneOf,
  port,
  ratio,
  seconds,
  socketAddresses,
  someNetworks,
  text,
} from './forms.ts';
import { type PortEntry, portRanges, portRangesIfAny, portsAndNames } from './port-lists.ts';
import { quantity } from './quantity.ts';

const maxUid = 2 ** 31 - 1;
const pullPolicy = oneOf('Always', 'IfNotPresent', 'Never');
const logFormat = oneOf('plain', 'json');
const none: readonly PortEntry[] = [];
const noVariables: readonly EnvironmentVariable[] = [];
/** MySQL's cluster traffic: the sender speaks first and is no client of anything. */
const galera = portsFrom('4567,4568');
/** SMTP, MySQL, Galera, PostgreSQL, Redis, Elasticsearch, Memcached: protocols in which the server may speak first. */
const opaque = portsFrom('25,587,3306,4444,5432,6379,9300,11211');
/** Private networks. */
const privateNetworks = '10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,fd00::/8';

const images = {
  proxyImage: setting('proxy.image.name', 'heddle/proxy', image, 'proxy-image'),
  /** Empty: the version of this product. */
  proxyVersion: setting(['proxy.image.version', 'linkerdVersion'], '', imageTag, 'proxy-version'),
  pullPolicy: setting(['proxy.image.pullPolicy', 'imagePullPolicy'], 'IfNotPresent', pullPolicy, 'image-pull-policy'),
  initImage: installSetting('proxyInit.image.name', 'heddle/init', image),
  initVersion: installSetting(['proxyInit.image.version', 'linkerdVersion'], '', imageTag),
  debugImage: setting('debugContainer.image.name', 'heddle/debug', image, 'debug-image'),
  debugVersion: setting(['debugContainer.image.version', 'linkerdVersion'], '', imageTag, 'debug-image-version'),
  /** Undefined: as for the proxy. */
  debugPullPolicy: setting('debugContainer.image.pullPolicy', undefined, pullPolicy, 'debug-image-pull-policy'),
  isDebugEnabled: setting([], false, flag, 'enable-debug-sidecar'),
};

const ports = {
  controlPort: setting('proxy.ports.control', 4190, port, 'control-port'),
  inboundPort: setting('proxy.ports.inbound', 4143, port, 'inbound-port'),
  adminPort: setting('proxy.ports.admin', 4191, port, 'admin-port'),
  outboundPort: setting('proxy.ports.outbound', 4140, port, 'outbound-port'),
  /** Undefined: the TCP ports that the containers declare. */
  podInboundPorts: setting('proxy.podInboundPorts', undefined, portRangesIfAny, 'pod-inbound-ports'),
  opaquePorts: setting('proxy.opaquePorts', opaque, portsAndNames, 'opaque-ports'),
  requireIdentityPorts: setting(
    'proxy.requireIdentityOnInboundPorts',
    none,
    portRanges,
    'proxy-require-identity-inbound-ports',
  ),
};

const redirection = {
  skipInboundPorts: setting('proxyInit.ignoreInboundPorts', galera, portRanges, 'skip-inbound-ports'),
  skipOutboundPorts: setting('proxyInit.ignoreOutboundPorts', galera, portRanges, 'skip-outbound-ports'),
  skipSubnets: setting('proxyInit.skipSubnets', '', networks, 'skip-subnets'),
  /** Of conntrack; 0: as the node has it. */
  closeWaitTimeoutSeconds: setting('proxyInit.closeWaitTimeoutSecs', 0, seconds, 'close-wait-timeout'),
  iptablesMode: installSetting('proxyInit.iptablesMode', 'nft', oneOf('nft', 'legacy', 'plain')),
  isInitRoot: installSetting('proxyInit.runAsRoot', false, flag),
  isInitPrivileged: installSetting('proxyInit.privileged', false, flag),
  initUid: installSetting('proxyInit.runAsUser', 65_534, integer(0, maxUid)),
  initGid: installSetting('proxyInit.runAsGroup', 65_534, integer(0, maxUid)),
  /** Whether a CNI plugin sets up redirection, so that a pod only checks it. */
  isCniEnabled: installSetting('cniEnabled', false, flag),
  isIpv6Disabled: installSetting('disableIPv6', false, flag),
  /** Addresses that nobody has: a connection there succeeds only when it is redirected. Empty: the validator's own. */
  validatorConnect: installSetting('networkValidator.connectAddr', '', socketAddresses),
  validatorTimeoutMs: installSetting('networkValidator.timeout', 10_000, duration),
};

const resources = {
  cpuRequest: setting('proxy.resources.cpu.request', undefined, quantity, 'proxy-cpu-request'),
  cpuLimit: setting('proxy.resources.cpu.limit', undefined, quantity, 'proxy-cpu-limit'),
  cpuRatioLimit: setting('proxy.runtime.workers.maximumCPURatio', '', ratio, 'proxy-cpu-ratio-limit'),
  memoryRequest: setting('proxy.resources.memory.request', undefined, quantity, 'proxy-memory-request'),
  memoryLimit: setting('proxy.resources.memory.limit', undefined, quantity, 'proxy-memory-limit'),
  storageRequest: setting(
    'proxy.resources.ephemeral-storage.request',
    undefined,
    quantity,
    'proxy-ephemeral-storage-request',
  ),
  storageLimit: setting(
    'proxy.resources.ephemeral-storage.limit',
    undefined,
    quantity,
    'proxy-ephemeral-storage-limit',
  ),
};

const security = {
  /** Never 0: redirection lets this user's connections pass, and the proxy does not run as root. */
  uid: setting('proxy.uid', 2102, integer(1, maxUid), 'proxy-uid'),
  /** -1: none. */
  gid: setting('proxy.gid', -1, integer(-1, maxUid), 'proxy-gid'),
  defaultInboundPolicy: setting(
    'proxy.defaultInboundPolicy',
    'all-authenticated',
    oneOf(
      'all-unauthenticated',
      'all-authenticated',
      'cluster-unauthenticated',
      'cluster-authenticated',
      'deny',
      'audit',
    ),
    'default-inbound-policy',
  ),
  /** Heddle's own: in-cluster endpoints without an identity are refused (DESIGN §4). */
  isMeshRequired: setting('proxy.meshRequired', false, flag, 'config.heddle.io/mesh-required'),
  /** Heddle's own: whose addresses may read the proxy's metrics (DESIGN §2). */
  scrapeNetworks: installSetting('proxy.scrapeNetworks', '', networks),
};

const logging = {
  logLevel: setting('proxy.logLevel', 'warn,linkerd=info,hickory=error', logFilter, 'proxy-log-level'),
  logFormat: setting('proxy.logFormat', 'plain', logFormat, 'proxy-log-format'),
  logHttpHeaders: setting('proxy.logHTTPHeaders', 'off', oneOf('off', 'insecure'), 'proxy-log-http-headers'),
  accessLog: setting('proxy.accessLog', '', oneOf('apache', 'json'), 'access-log'),
  hasHostnameLabels: setting('proxy.metrics.hostnameLabels', false, flag, 'proxy-metrics-hostname-labels'),
};

const timeouts = {
  outboundConnectTimeoutMs: setting('proxy.outboundConnectTimeout', 1000, duration, 'proxy-outbound-connect-timeout'),
  inboundConnectTimeoutMs: setting('proxy.inboundConnectTimeout', 100, duration, 'proxy-inbound-connect-timeout'),
  outboundDiscoveryIdleMs: setting(
    'proxy.outboundDiscoveryCacheUnusedTimeout',
    5000,
    duration,
    'proxy-outbound-discovery-cache-unused-timeout',
  ),
  inboundDiscoveryIdleMs: setting(
    'proxy.inboundDiscoveryCacheUnusedTimeout',
    90_000,
    duration,
    'proxy-inbound-discovery-cache-unused-timeout',
  ),
  isOutboundDetectUnlimited: setting(
    'proxy.disableOutboundProtocolDetectTimeout',
    false,
    flag,
    'proxy-disable-outbound-protocol-detect-timeout',
  ),
  isInboundDetectUnlimited: setting(
    'proxy.disableInboundProtocolDetectTimeout',
    false,
    flag,
    'proxy-disable-inbound-protocol-detect-timeout',
  ),
  streamInitialTimeoutMs: installSetting('proxy.control.streams.initialTimeout', 3000, duration),
  streamIdleTimeoutMs: installSetting('proxy.control.streams.idleTimeout', 300_000, duration),
  streamLifetimeMs: installSetting('proxy.control.streams.lifetime', 3_600_000, duration),
  inboundKeepAliveMs: installSetting('proxy.inbound.server.http2.keepAliveInterval', 10_000, duration),
  inboundKeepAliveTimeoutMs: installSetting('proxy.inbound.server.http2.keepAliveTimeout', 3000, duration),
  outboundKeepAliveMs: installSetting('proxy.outbound.server.http2.keepAliveInterval', 10_000, duration),
  outboundKeepAliveTimeoutMs: installSetting('proxy.outbound.server.http2.keepAliveTimeout', 3000, duration),
};

const lifecycle = {
  /** Containers start after the proxy is ready. */
  isAwaited: setting('proxy.await', true, flag, 'proxy-await'),
  isNativeSidecar: setting(
    'proxy.nativeSidecar',
    true,
    flag,
    'proxy-enable-native-sidecar',
    'config.beta.linkerd.io/proxy-enable-native-sidecar',
    'config.alpha.linkerd.io/proxy-enable-native-sidecar',
  ),
  isShutdownEnabled: setting('proxy.enableShutdownEndpoint', false, flag, 'proxy-admin-shutdown'),
  /** 0: the proxy's own default. */
  shutdownGraceMs: setting('proxy.shutdownGracePeriod', 0, duration, 'shutdown-grace-period'),
  waitBeforeExitSeconds: setting(
    'proxy.waitBeforeExitSeconds',
    0,
    integer(0, 86_400),
    'config.alpha.linkerd.io/proxy-wait-before-exit-seconds',
  ),
  startupDelaySeconds: installSetting('proxy.startupProbe.initialDelaySeconds', 0, integer(0, 3600)),
  startupPeriodSeconds: installSetting('proxy.startupProbe.periodSeconds', 1, integer(1, 3600)),
  startupFailures: installSetting('proxy.startupProbe.failureThreshold', 120, integer(1, 100_000)),
  readinessDelaySeconds: installSetting('proxy.readinessProbe.initialDelaySeconds', 2, integer(0, 3600)),
  readinessTimeoutSeconds: installSetting('proxy.readinessProbe.timeoutSeconds', 5, integer(1, 3600)),
  livenessDelaySeconds: installSetting('proxy.livenessProbe.initialDelaySeconds', 10, integer(0, 3600)),
  /** A node that is short of processors is slow to answer; whoever is ended for that serves nobody, and starts slowly too. */
  livenessTimeoutSeconds: installSetting('proxy.livenessProbe.timeoutSeconds', 10, integer(1, 3600)),
};

const additionalEnv: SettingDefinition<readonly EnvironmentVariable[]> = {
  ...setting('proxy.additionalEnv', noVariables, environmentList, 'proxy-additional-env'),
  merge: mergeEnvironment,
};

const others = {
  hasExternalProfiles: setting('proxy.enableExternalProfiles', false, flag, 'enable-external-profiles'),
  isGateway: setting('proxy.isGateway', false, flag, 'enable-gateway'),
  additionalEnv,
};

const tracing = {
  isTraced: installSetting('proxy.tracing.enabled', false, flag),
  traceServiceName: installSetting('proxy.tracing.traceServiceName', '', text),
  traceCollector: installSetting('proxy.tracing.collector.endpoint', '', hostAndPort),
  traceCollectorAccount: installSetting('proxy.tracing.collector.meshIdentity.serviceAccountName', '', dnsName),
  traceCollectorNamespace: installSetting('proxy.tracing.collector.meshIdentity.namespace', '', dnsName),
};

const cluster = {
  clusterDomain: installSetting('clusterDomain', 'cluster.local', dnsName),
  clusterNetworks: installSetting('clusterNetworks', privateNetworks, someNetworks),
  /** Empty: as the cluster domain. */
  trustDomain: installSetting('identityTrustDomain', '', dnsName),
  /** Identity verifies tokens made for it alone, so the proxy must have one. */
  isTokenProjected: installSetting('identity.serviceAccountTokenProjection', true, alwaysProjected),
};

export const definitions = {
  ...images,
  ...ports,
  ...redirection,
  ...resources,
  ...security,
  ...logging,
  ...timeouts,
  ...lifecycle,
  ...others,
  ...tracing,
  ...cluster,
};

type Definitions = typeof definitions;

/** Every setting with its value. */
export type Settings = {
  readonly [Key in keyof Definitions]: Definitions[Key] extends SettingDefinition<infer T> ? T : never;
};

function portsFrom(list: string): readonly PortEntry[] {
  const result = portRanges(list);
  return result.kind === 'ok' ? result.value : none;
}

function alwaysProjected(value: string): ReturnType<typeof flag> {
  const result = flag(value);
  if (result.kind === 'error' || result.value) return result;
  return { kind: 'error', expected: 'possible: identity accepts only tokens that were made for it; remove it' };
}
