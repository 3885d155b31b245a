/** The environment of the process as typed configuration. Nothing is opened here; files are read, and re-read, later. */
import { type KubernetesAccess, kubernetesAccess } from '@heddle/k8s';
import {
  type IdentityDomain,
  type IpNetwork,
  isDnsLabel,
  isDnsName,
  parseGatewayDuration,
  parseNetwork,
} from '@heddle/names';
import {
  durationMs,
  EnvironmentReader,
  expected,
  flag,
  listOf,
  oneOf,
  parsed,
  type SocketAddressText,
  socketAddress,
  type TextParser,
  text,
} from '@heddle/runtime';
import { type LogLevel, logLevels } from '@heddle/telemetry';

export interface IdentityConfig {
  readonly listen: SocketAddressText;
  readonly adminListen: SocketAddressText;
  readonly domain: IdentityDomain;
  /** Folder with crt.pem and key.pem, or tls.crt and tls.key. */
  readonly issuerDir: string;
  /** PEM bundle. */
  readonly trustAnchorsFile: string;
  readonly tokens: TokensConfig;
  readonly issuanceLifetimeMs: number;
  readonly clockSkewMs: number;
  /** Calls in clear from this machine's loopback interface are answered (DESIGN section 2). */
  readonly cleartextFromLoopback: boolean;
  /** Whose addresses may read /metrics, besides loopback. */
  readonly scrapeNetworks: readonly IpNetwork[];
  readonly logLevel: LogLevel;
}

/** Who says whose a token is. */
export type TokensConfig =
  /** The cluster's API server, by TokenReview. */
  | { readonly kind: 'kubernetes'; readonly access: KubernetesAccess }
  /** Public keys in a file. */
  | { readonly kind: 'keys'; readonly jwksFile: string; readonly issuer: string; readonly audience: string };

/** Linkerd's audience for identity tokens (wire section 5.1). */
export const identityAudience = 'identity.l5d.io';
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** @throws {ConfigError} with everything that is wrong */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): IdentityConfig => {
  const reader = new EnvironmentReader(environment);
  const config: IdentityConfig = {
    listen: reader.required('HEDDLE_IDENTITY_LISTEN', socketAddress),
    adminListen: reader.required('HEDDLE_ADMIN_LISTEN', socketAddress),
    domain: {
      controlPlaneNamespace: reader.optional('HEDDLE_CONTROL_PLANE_NAMESPACE', namespace, 'linkerd'),
      trustDomain: reader.optional('HEDDLE_TRUST_DOMAIN', trustDomain, 'cluster.local'),
    },
    issuerDir: reader.required('HEDDLE_ISSUER_DIR', text),
    trustAnchorsFile: reader.required('HEDDLE_TRUST_ANCHORS_FILE', text),
    tokens: tokensFrom(reader),
    issuanceLifetimeMs: reader.optional('HEDDLE_ISSUANCE_LIFETIME', between(minuteMs, 365 * dayMs), dayMs),
    clockSkewMs: reader.optional('HEDDLE_CLOCK_SKEW', between(0, 60 * minuteMs), 20_000),
    cleartextFromLoopback: reader.optional('HEDDLE_CLEARTEXT_FROM_LOOPBACK', flag, false),
    scrapeNetworks: reader.optional('HEDDLE_SCRAPE_NETWORKS', listOf(network), []),
    logLevel: reader.optional('HEDDLE_LOG_LEVEL', oneOf(...logLevels), 'info'),
  };
  reader.finish();
  return config;
};

/** Settings that mean something only with keys; beside the API server they would look as if they restricted it. */
const settingsOfKeys = ['HEDDLE_TOKEN_ISSUER', 'HEDDLE_TOKEN_AUDIENCE'];

const tokensFrom = (reader: EnvironmentReader): TokensConfig => {
  const isOfKeys = reader.isSet('HEDDLE_TOKEN_JWKS_FILE');
  if (!reader.isSet('HEDDLE_KUBERNETES')) {
    if (!isOfKeys) {
      reader.problem('neither HEDDLE_KUBERNETES nor HEDDLE_TOKEN_JWKS_FILE is set; one of them must verify tokens');
    }
    return {
      kind: 'keys',
      jwksFile: isOfKeys ? reader.required('HEDDLE_TOKEN_JWKS_FILE', text) : '',
      issuer: isOfKeys ? reader.required('HEDDLE_TOKEN_ISSUER', text) : '',
      audience: reader.optional('HEDDLE_TOKEN_AUDIENCE', text, identityAudience),
    };
  }
  if (isOfKeys) {
    reader.problem('HEDDLE_KUBERNETES and HEDDLE_TOKEN_JWKS_FILE are both set; one or the other verifies tokens');
  } else {
    for (const name of settingsOfKeys.filter((each) => reader.isSet(each))) {
      reader.problem(`${name} is set, which goes with HEDDLE_TOKEN_JWKS_FILE and not with HEDDLE_KUBERNETES`);
    }
  }
  return { kind: 'kubernetes', access: reader.required('HEDDLE_KUBERNETES', kubernetesAccess) };
};

const namespace: TextParser<string> = (value) =>
  isDnsLabel(value) ? parsed(value) : expected('a namespace: lower-case letters, digits and hyphens');

const trustDomain: TextParser<string> = (value) =>
  isDnsName(value) ? parsed(value) : expected('a trust domain, a lower-case DNS name like cluster.local');

const network: TextParser<IpNetwork> = (value) => {
  const result = parseNetwork(value);
  return result.kind === 'ok' ? result : expected('a network, as in 10.0.0.0/8');
};

const between =
  (minMs: number, maxMs: number): TextParser<number> =>
  (value) => {
    // `24h0m0s` is how Linkerd's chart writes a day.
    const composed = parseGatewayDuration(value);
    const duration = composed.kind === 'ok' ? parsed(composed.value) : durationMs(value);
    if (duration.kind === 'error' || (duration.value >= minMs && duration.value <= maxMs)) return duration;
    return expected(`from ${minMs / 1000} s to ${maxMs / 1000} s`);
  };
