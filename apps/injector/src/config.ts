/** The environment of the process as typed configuration. Nothing is opened here; files are read, and re-read, later. */
import { type ResourcesConfig, resourcesFrom } from '@heddle/k8s';
import { type IpNetwork, isDnsLabel, parseNetwork } from '@heddle/names';
import {
  EnvironmentReader,
  expected,
  listOf,
  oneOf,
  parsed,
  type SocketAddressText,
  socketAddress,
  type TextParser,
  text,
} from '@heddle/runtime';
import { type LogLevel, logLevels } from '@heddle/telemetry';

export interface InjectorConfig {
  readonly listen: SocketAddressText;
  readonly adminListen: SocketAddressText;
  /** Folder with tls.crt and tls.key. */
  readonly certificateDir: string;
  /** YAML, the values of the chart; undefined: every default holds. */
  readonly valuesFile: string | undefined;
  /** PEM bundle. */
  readonly trustAnchorsFile: string;
  readonly controlPlaneNamespace: string;
  readonly resources: ResourcesConfig;
  /** Whose addresses may read /metrics, besides loopback. */
  readonly scrapeNetworks: readonly IpNetwork[];
  readonly logLevel: LogLevel;
}

/** @throws {ConfigError} with everything that is wrong */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): InjectorConfig => {
  const reader = new EnvironmentReader(environment);
  const config: InjectorConfig = {
    listen: reader.required('HEDDLE_INJECTOR_LISTEN', socketAddress),
    adminListen: reader.required('HEDDLE_ADMIN_LISTEN', socketAddress),
    certificateDir: reader.required('HEDDLE_WEBHOOK_TLS_DIR', text),
    valuesFile: reader.optional('HEDDLE_VALUES_FILE', text, undefined),
    trustAnchorsFile: reader.required('HEDDLE_TRUST_ANCHORS_FILE', text),
    controlPlaneNamespace: reader.optional('HEDDLE_CONTROL_PLANE_NAMESPACE', namespace, 'linkerd'),
    resources: resourcesFrom(reader),
    scrapeNetworks: reader.optional('HEDDLE_SCRAPE_NETWORKS', listOf(network), []),
    logLevel: reader.optional('HEDDLE_LOG_LEVEL', oneOf(...logLevels), 'info'),
  };
  reader.finish();
  return config;
};

const namespace: TextParser<string> = (value) =>
  isDnsLabel(value) ? parsed(value) : expected('a namespace: lower-case letters, digits and hyphens');

const network: TextParser<IpNetwork> = (value) => {
  const result = parseNetwork(value);
  return result.kind === 'ok' ? result : expected('a network, as in 10.0.0.0/8');
};
