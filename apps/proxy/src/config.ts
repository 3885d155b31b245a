/**
 * The environment as configuration: the variables of wire §4.1 and §4.2, and ours. Every mistake is reported at once.
 */
import {
  durationMs,
  EnvironmentReader,
  flag,
  hostAndPort,
  integer,
  listOf,
  oneOf,
  ports,
  socketAddress,
  type TextParser,
  text,
} from '@heddle/runtime';
import type { OutboundConfig, ProxyConfig, RedirectionConfig, ServiceConfig } from './config/model.ts';
import { addressPair, ip, logLevel, network } from './config/parsers.ts';
import { defaultHttpLimits, type HttpLimits } from './http/limits.ts';

const prefix = 'LINKERD2_PROXY_';

/** @throws {ConfigError} with everything that is wrong */
export const readConfig = (variables: Readonly<Record<string, string | undefined>>): ProxyConfig => {
  const env = new EnvironmentReader(variables);
  const optional = <T, F>(name: string, parse: TextParser<T>, fallback: F): T | F =>
    env.optional(prefix + name, parse, fallback);
  const required = <T>(name: string, parse: TextParser<T>): T => env.required(prefix + name, parse);

  if (env.isSet(`${prefix}IDENTITY_DISABLED`)) {
    env.problem(`${prefix}IDENTITY_DISABLED is set; a mesh without identity does not exist here, remove it`);
  }
  const redirection = readRedirection(env);
  const config: ProxyConfig = {
    logLevel: env.optional('HEDDLE_LOG_LEVEL', logLevel, optional('LOG', logLevel, 'info')),
    accessLog: optional('ACCESS_LOG', oneOf('json', 'apache'), undefined),
    identity: {
      localName: required('IDENTITY_LOCAL_NAME', text),
      service: readService(env, 'IDENTITY'),
      dir: required('IDENTITY_DIR', text),
      trustAnchorsPem: required('IDENTITY_TRUST_ANCHORS', text),
      tokenFile: required('IDENTITY_TOKEN_FILE', text),
      minRefreshMs: optional('IDENTITY_MIN_REFRESH', durationMs, 10_000),
      maxRefreshMs: optional('IDENTITY_MAX_REFRESH', durationMs, 86_400_000),
    },
    policy: { service: readService(env, 'POLICY'), workload: required('POLICY_WORKLOAD', text) },
    destination: { service: readService(env, 'DESTINATION') },
    clusterNetworks: optional('POLICY_CLUSTER_NETWORKS', listOf(network), []),
    redirection,
    localAddresses: env.optional('HEDDLE_PROXY_LOCAL_ADDRESSES', listOf(ip), []),
    inbound: {
      listen: optional('INBOUND_LISTEN_ADDR', socketAddress, { host: '0.0.0.0', port: 4143 }),
      ports: optional('INBOUND_PORTS', ports, new Set<number>()),
      ips: optional('INBOUND_IPS', listOf(ip), []),
      policyHoldMs: env.optional('HEDDLE_PROXY_POLICY_HOLD', durationMs, 3000),
      discoveryIdleMs: optional('INBOUND_DISCOVERY_IDLE_TIMEOUT', durationMs, 90_000),
      detectTimeoutMs: optional('INBOUND_DETECT_TIMEOUT', durationMs, 10_000),
      connectTimeoutMs: optional('INBOUND_CONNECT_TIMEOUT', durationMs, 300),
      http: readHttpLimits(env, 'INBOUND'),
      maxInFlight: optional('INBOUND_MAX_IN_FLIGHT', integer(1, 1_000_000_000), 100_000),
      maxConnections: env.optional('HEDDLE_PROXY_INBOUND_MAX_CONNECTIONS', integer(1, 1_000_000), 32_768),
    },
    outbound: readOutbound(env),
    admin: {
      listen: optional('ADMIN_LISTEN_ADDR', socketAddress, { host: '127.0.0.1', port: 4191 }),
      scrapeNetworks: env.optional('HEDDLE_PROXY_SCRAPE_NETWORKS', listOf(network), []),
      isShutdownEnabled: optional('SHUTDOWN_ENDPOINT_ENABLED', flag, false),
    },
    shutdownGraceMs: optional('SHUTDOWN_GRACE_PERIOD', durationMs, 120_000),
    metricsRetainIdleMs: optional('METRICS_RETAIN_IDLE', durationMs, 600_000),
  };
  env.finish();
  return config;
};

const isLoopbackHost = (host: string): boolean => host === '::1' || host === 'localhost' || host.startsWith('127.');

/** A loopback address without a name is spoken to in clear; with a name, and anywhere else, over mesh TLS. */
const readService = (env: EnvironmentReader, service: 'IDENTITY' | 'POLICY' | 'DESTINATION'): ServiceConfig => {
  const nameVariable = `${prefix}${service}_SVC_NAME`;
  const address = env.required(`${prefix}${service}_SVC_ADDR`, hostAndPort);
  const name = env.optional(nameVariable, text, undefined);
  if (name === undefined && address !== undefined && !isLoopbackHost(address.host)) {
    env.problem(`${nameVariable} is not set; it must be given unless the service is on a loopback address`);
  }
  return { address, name };
};

const readRedirection = (env: EnvironmentReader): RedirectionConfig => {
  const kind = env.optional('HEDDLE_PROXY_REDIRECTION', oneOf('original-dst', 'listeners'), 'original-dst');
  if (kind === 'original-dst') return { kind };
  const inbound = env.optional('HEDDLE_PROXY_INBOUND_LISTENERS', listOf(addressPair), []);
  const outbound = env.optional('HEDDLE_PROXY_OUTBOUND_LISTENERS', listOf(addressPair), []);
  return {
    kind,
    inbound: (inbound ?? []).map(([listen, application]) => ({ listen, application })),
    outbound: (outbound ?? []).map(([listen, target]) => ({ listen, target })),
  };
};

const readOutbound = (env: EnvironmentReader): OutboundConfig => {
  const optional = <T, F>(name: string, parse: TextParser<T>, fallback: F): T | F =>
    env.optional(prefix + name, parse, fallback);
  return {
    listen: optional(
      'OUTBOUND_LISTEN_ADDRS',
      listOf(socketAddress),
      optional('OUTBOUND_LISTEN_ADDR', listOf(socketAddress), [{ host: '127.0.0.1', port: 4140 }]),
    ),
    source: env.optional('HEDDLE_PROXY_OUTBOUND_SOURCE', text, undefined),
    detectTimeoutMs: optional('OUTBOUND_DETECT_TIMEOUT', durationMs, 10_000),
    connectTimeoutMs: optional('OUTBOUND_CONNECT_TIMEOUT', durationMs, 1000),
    connectBackoff: {
      minMs: optional('OUTBOUND_CONNECT_EXP_BACKOFF_MIN', durationMs, 100),
      maxMs: optional('OUTBOUND_CONNECT_EXP_BACKOFF_MAX', durationMs, 60_000),
      jitterRatio: 0.1,
    },
    discoveryIdleMs: optional('OUTBOUND_DISCOVERY_IDLE_TIMEOUT', durationMs, 5000),
    failfastMs: optional('OUTBOUND_HTTP_FAILFAST_TIMEOUT', durationMs, 3000),
    queueCapacity: optional('OUTBOUND_HTTP_QUEUE_CAPACITY', integer(1, 1_000_000), 10_000),
    profileNetworks: optional('DESTINATION_PROFILE_NETWORKS', listOf(network), []),
    contextToken: optional('DESTINATION_CONTEXT', text, ''),
    mayExplain: !optional('OUTBOUND_DISABLE_INFORMATIONAL_HEADERS', flag, false),
    meshRequired: env.optional('HEDDLE_PROXY_MESH_REQUIRED', flag, false),
    http: readHttpLimits(env, 'OUTBOUND'),
    maxInFlight: optional('OUTBOUND_MAX_IN_FLIGHT', integer(1, 1_000_000_000), 100_000),
    maxConnections: env.optional('HEDDLE_PROXY_OUTBOUND_MAX_CONNECTIONS', integer(1, 1_000_000), 32_768),
  };
};

const readHttpLimits = (env: EnvironmentReader, direction: 'INBOUND' | 'OUTBOUND'): HttpLimits => {
  const http2 = `${prefix}${direction}_SERVER_HTTP2_`;
  const size = integer(1, 2 ** 31 - 1);
  const { http2: defaults } = defaultHttpLimits;
  return {
    ...defaultHttpLimits,
    maxHeadBytes: env.optional(`${http2}MAX_HEADER_LIST_SIZE`, size, defaultHttpLimits.maxHeadBytes),
    http2: {
      ...defaults,
      maxConcurrentStreams: env.optional(`${http2}MAX_CONCURRENT_STREAMS`, size, defaults.maxConcurrentStreams),
      initialStreamWindowBytes: env.optional(
        `${http2}INITIAL_STREAM_WINDOW_SIZE`,
        size,
        defaults.initialStreamWindowBytes,
      ),
      connectionWindowBytes: env.optional(
        `${http2}INITIAL_CONNECTION_WINDOW_SIZE`,
        size,
        defaults.connectionWindowBytes,
      ),
      maxQueuedBytes: env.optional(`${http2}MAX_SEND_BUF_SIZE`, size, defaults.maxQueuedBytes),
    },
  };
};
