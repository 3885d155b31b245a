/** This workload's certificate: the first one, its renewals, and what is told about them. */
import { GrpcClient, IdentityRenewal } from '@heddle/api';
import { parsePemBundle } from '@heddle/pki';
import { type Clock, ConfigError, type TaskScope } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import { CredentialCell } from '@heddle/transport';
import type { IdentityConfig } from '../config/model.ts';
import { serviceAddress } from '../control/service.ts';
import type { ProxyMetrics } from '../metrics.ts';
import { firstKey } from './key-files.ts';

export interface IdentityDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly scope: TaskScope;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
}

/** @throws {ConfigError} when the trust anchors cannot be read */
export const createCredentials = ({ trustAnchorsPem }: IdentityConfig): CredentialCell => {
  const anchors = parsePemBundle(trustAnchorsPem);
  if (anchors.kind === 'invalid') {
    throw new ConfigError([`LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS is no PEM bundle: ${anchors.reason}`]);
  }
  return new CredentialCell(anchors.value);
};

/** Starts getting and renewing the certificate; it arrives in `credentials`. */
export const startIdentity = async (
  config: IdentityConfig,
  credentials: CredentialCell,
  deps: IdentityDeps,
): Promise<void> => {
  const { clock, random, scope, metrics, log } = deps;
  const { service, localName } = config;
  const client = new GrpcClient({
    address: serviceAddress(service),
    clock,
    // At the start of a whole cluster identity comes up late; who waits for a certificate waits for nothing else.
    reconnect: { minMs: 100, maxMs: 1000 },
    security:
      service.name === undefined
        ? { kind: 'cleartext' }
        : { kind: 'mesh', credentials, serverName: service.name, clientCertificate: 'omit' },
  });
  const refreshed = metrics.certificateRefreshes.cell({ result: 'success' });
  const failed = metrics.certificateRefreshes.cell({ result: 'failure' });
  const renewal = new IdentityRenewal({
    identity: localName,
    tokenFile: config.tokenFile,
    client,
    credentials,
    clock,
    random,
    firstKey: await firstKey(config.dir, localName),
    minRefreshMs: config.minRefreshMs,
    maxRefreshMs: config.maxRefreshMs,
    onCertificate: ({ credentials: { leaf }, notAfterMs }) => {
      refreshed.add();
      metrics.certificateExpiry.cell({}).set(notAfterMs / 1000);
      metrics.certificateRefreshed.cell({}).set(clock.wallMs() / 1000);
      log.info(
        { identity: localName, not_after: new Date(notAfterMs).toISOString(), serial: leaf.serialHex },
        'certificate',
      );
    },
    onFailure: (error) => {
      failed.add();
      log.warn({ err: error }, 'certificate request failed; trying again');
    },
  });
  scope.run('identity renewal', async (signal) => {
    await renewal.run(signal);
    client.close();
  });
};

/** Resolves once there is a certificate. */
export const whenCertified = async (credentials: CredentialCell): Promise<void> => {
  for await (const { credentials: own } of credentials.changes()) if (own !== undefined) return;
};
