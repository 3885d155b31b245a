/** The environment of the process as typed configuration. Nothing is opened here. */
import { hostname } from 'node:os';
import { type CatalogOptions, type PortList, parsePortList } from '@heddle/catalog';
import { type ResourcesConfig, resourcesFrom } from '@heddle/k8s';
import { type IpNetwork, isDnsLabel, isDnsName, orThrow, parseNetwork } from '@heddle/names';
import {
  EnvironmentReader,
  expected,
  flag,
  hostAndPort,
  listOf,
  oneOf,
  parsed,
  type SocketAddressText,
  socketAddress,
  type TextParser,
  text,
} from '@heddle/runtime';
import { type LogLevel, logLevels } from '@heddle/telemetry';

export interface DestinationConfig {
  /** Destination API. */
  readonly destinationListen: SocketAddressText;
  /** Inbound and outbound policy APIs. */
  readonly policyListen: SocketAddressText;
  readonly adminListen: SocketAddressText;
  readonly resources: ResourcesConfig;
  readonly catalog: CatalogOptions;
  /** Calls in clear from this machine's loopback interface are answered (DESIGN §2). */
  readonly cleartextFromLoopback: boolean;
  readonly identity: IdentityConfig;
  /** The validating webhook; undefined: none. */
  readonly webhook: WebhookConfig | undefined;
  /** Unique among the replicas: the pod's name. */
  readonly replica: string;
  /** Whose addresses may read /metrics, besides loopback. */
  readonly scrapeNetworks: readonly IpNetwork[];
  readonly logLevel: LogLevel;
}

/** How this process gets its certificate. */
export interface IdentityConfig {
  readonly address: SocketAddressText;
  /** The identity service's own identity. */
  readonly serviceName: string;
  readonly localName: string;
  readonly tokenFile: string;
  /** PEM bundle. */
  readonly trustAnchorsFile: string;
}

export interface WebhookConfig {
  readonly listen: SocketAddressText;
  /** Folder with tls.crt and tls.key. */
  readonly certificateDir: string;
}

/** Private networks, as Linkerd's chart has them. */
const defaultClusterNetworks = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fd00::/8'];
/** SMTP, MySQL, Galera, PostgreSQL, Redis, Elasticsearch, Memcached: protocols in which the server may speak first. */
const defaultOpaquePorts = '25,587,3306,4444,5432,6379,9300,11211';

/** @throws {ConfigError} with everything that is wrong */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): DestinationConfig => {
  const reader = new EnvironmentReader(environment);
  const config: DestinationConfig = {
    destinationListen: reader.required('HEDDLE_DESTINATION_LISTEN', socketAddress),
    policyListen: reader.required('HEDDLE_POLICY_LISTEN', socketAddress),
    adminListen: reader.required('HEDDLE_ADMIN_LISTEN', socketAddress),
    resources: resourcesFrom(reader),
    catalog: {
      controlPlaneNamespace: reader.optional('HEDDLE_CONTROL_PLANE_NAMESPACE', namespace, 'linkerd'),
      trustDomain: reader.optional('HEDDLE_TRUST_DOMAIN', domain, 'cluster.local'),
      clusterDomain: reader.optional('HEDDLE_CLUSTER_DOMAIN', domain, 'cluster.local'),
      clusterNetworks: reader.optional('HEDDLE_CLUSTER_NETWORKS', listOf(network), networks(defaultClusterNetworks)),
      // Besides the addresses of a pod's own node. Nobody else may probe: a probe path can be any path of the application.
      probeNetworks: reader.optional('HEDDLE_PROBE_NETWORKS', listOf(network), []),
      globalEgressNamespace: reader.optional('HEDDLE_GLOBAL_EGRESS_NAMESPACE', namespace, 'linkerd-egress'),
      defaultInboundPolicy: reader.optional(
        'HEDDLE_DEFAULT_INBOUND_POLICY',
        oneOf(
          'all-unauthenticated',
          'all-authenticated',
          'cluster-unauthenticated',
          'cluster-authenticated',
          'deny',
          'audit',
        ),
        'all-authenticated',
      ),
      defaultOpaquePorts: reader.optional('HEDDLE_DEFAULT_OPAQUE_PORTS', portList, parsePortList(defaultOpaquePorts)),
      outboundTransportMode: reader.optional(
        'HEDDLE_OUTBOUND_TRANSPORT_MODE',
        oneOf('transport-header', 'transparent'),
        'transport-header',
      ),
      inboundProxyPort: 4143,
      adminProxyPort: 4191,
    },
    cleartextFromLoopback: reader.optional('HEDDLE_CLEARTEXT_FROM_LOOPBACK', flag, false),
    identity: {
      address: reader.required('HEDDLE_IDENTITY_SVC_ADDR', hostAndPort),
      serviceName: reader.required('HEDDLE_IDENTITY_SVC_NAME', domain),
      localName: reader.required('HEDDLE_IDENTITY_LOCAL_NAME', domain),
      tokenFile: reader.required('HEDDLE_IDENTITY_TOKEN_FILE', text),
      trustAnchorsFile: reader.required('HEDDLE_TRUST_ANCHORS_FILE', text),
    },
    webhook: webhookFrom(reader),
    replica: reader.optional('HEDDLE_POD_NAME', text, hostname()),
    scrapeNetworks: reader.optional('HEDDLE_SCRAPE_NETWORKS', listOf(network), []),
    logLevel: reader.optional('HEDDLE_LOG_LEVEL', oneOf(...logLevels), 'info'),
  };
  reader.finish();
  return config;
};

const webhookFrom = (reader: EnvironmentReader): WebhookConfig | undefined => {
  if (!reader.isSet('HEDDLE_WEBHOOK_LISTEN')) return undefined;
  return {
    listen: reader.required('HEDDLE_WEBHOOK_LISTEN', socketAddress),
    certificateDir: reader.required('HEDDLE_WEBHOOK_TLS_DIR', text),
  };
};

const networks = (texts: readonly string[]): readonly IpNetwork[] => texts.map((each) => orThrow(parseNetwork(each)));

const namespace: TextParser<string> = (value) =>
  isDnsLabel(value) ? parsed(value) : expected('a namespace: lower-case letters, digits and hyphens');

const domain: TextParser<string> = (value) =>
  isDnsName(value) ? parsed(value) : expected('a lower-case DNS name like cluster.local');

const network: TextParser<IpNetwork> = (value) => {
  const result = parseNetwork(value);
  return result.kind === 'ok' ? parsed(result.value) : expected('a network like 10.0.0.0/8');
};

const portList: TextParser<PortList> = (value) => {
  const list = parsePortList(value);
  const entries = value.split(',').filter((each) => each.trim() !== '').length;
  return list.ranges.length === entries ? parsed(list) : expected('a list of ports and ranges, as in 25,587,4000-4010');
};
