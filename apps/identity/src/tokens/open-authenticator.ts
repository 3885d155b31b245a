/** The authenticator that the configuration asks for, with whatever keeps it going. */
import { type KubernetesApi, openKubernetesApi } from '@heddle/k8s';
import type { Clock, TaskScope } from '@heddle/runtime';
import { watchFiles } from '@heddle/runtime/files';
import type { Logger } from '@heddle/telemetry';
import { identityAudience, type TokensConfig } from '../config.ts';
import type { IdentityMetrics } from '../metrics.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { JwksAuthenticator } from './jwks-authenticator.ts';
import { KeyFile } from './key-file.ts';
import { TokenReviewAuthenticator } from './token-review-authenticator.ts';

export interface OpenAuthenticator {
  readonly authenticator: TokenAuthenticator;
  /** What is still missing before a token can be verified. */
  readonly notReady: () => readonly string[];
  /** The cluster that is asked, for whoever has something to tell it; undefined where keys say who is who. */
  readonly api: KubernetesApi | undefined;
  /** Calls under way end as `unavailable`. */
  readonly close: () => void;
}

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly clockSkewMs: number;
  readonly log: Logger;
  readonly metrics: Pick<IdentityMetrics, 'tokenKeys' | 'tokenKeyFailures'>;
  readonly tasks: TaskScope;
  /** How late a change of the key file may be noticed. */
  readonly pollMs: number;
}

/** @throws {ConfigError} when the cluster is not configured as it should be */
export const openAuthenticator = async (
  config: TokensConfig,
  options: AuthenticatorOptions,
): Promise<OpenAuthenticator> => {
  if (config.kind === 'keys') return openKeys(config, options);
  const { clock } = options;
  const api = await openKubernetesApi(config.access, { variable: 'HEDDLE_KUBERNETES', clock });
  return {
    authenticator: new TokenReviewAuthenticator({ api, clock, audience: identityAudience }),
    // A cluster that does not answer is no reason to leave the Service: each call is told so, and tries again.
    notReady: () => [],
    api,
    close: () => api.close(),
  };
};

const openKeys = (
  config: Extract<TokensConfig, { kind: 'keys' }>,
  { clock, clockSkewMs, log, metrics, tasks, pollMs }: AuthenticatorOptions,
): OpenAuthenticator => {
  const { jwksFile } = config;
  const authenticator = new JwksAuthenticator({ ...config, clock, clockSkewMs });
  const keyFile = new KeyFile({
    path: jwksFile,
    log,
    onKeys: (keys) => {
      authenticator.setKeys(keys);
      metrics.tokenKeys.set(keys.keys.length);
    },
    onFailure: () => metrics.tokenKeyFailures.inc(),
  });
  tasks.run('token keys', (signal) =>
    watchFiles({ paths: [jwksFile], clock, pollMs, signal, read: () => keyFile.read() }),
  );
  return {
    authenticator,
    notReady: () => (keyFile.isLoaded ? [] : ['token keys']),
    api: undefined,
    close: () => undefined,
  };
};
