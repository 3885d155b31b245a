/** The environment of the process as typed configuration. Nothing is opened here; files are read, and re-read, later. */
import { type KubernetesAccess, kubernetesAccess } from '@heddle/k8s';
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

/** Where Namespaces, ReplicaSets and Jobs are known from. */
export type ResourcesConfig =
  | { readonly kind: 'kubernetes'; readonly access: KubernetesAccess }
  /** Watched folders of manifests; later ones override earlier ones. */
  | { readonly kind: 'folders'; readonly folders: readonly string[] };

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

const resourcesFrom = (reader: EnvironmentReader): ResourcesConfig => {
  if (!reader.isSet('HEDDLE_KUBERNETES')) {
    return { kind: 'folders', folders: reader.required('HEDDLE_RESOURCE_DIRS', folders) };
  }
  if (reader.isSet('HEDDLE_RESOURCE_DIRS')) {
    reader.problem('HEDDLE_KUBERNETES and HEDDLE_RESOURCE_DIRS are both set; objects come from one or the other');
  }
  return { kind: 'kubernetes', access: reader.required('HEDDLE_KUBERNETES', kubernetesAccess) };
};

const namespace: TextParser<string> = (value) =>
  isDnsLabel(value) ? parsed(value) : expected('a namespace: lower-case letters, digits and hyphens');

const network: TextParser<IpNetwork> = (value) => {
  const result = parseNetwork(value);
  return result.kind === 'ok' ? result : expected('a network, as in 10.0.0.0/8');
};

const folders: TextParser<readonly string[]> = (value) => {
  const list = value.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
  return list.length > 0 ? parsed(list) : expected('a comma-separated list of folders');
};
