/**
 * Composition root of identity: what is made, in which order, and how it ends.
 *
 *   issuer + anchors files -> IssuerSource --+--> own leaf -> CredentialCell -> mesh TLS
 *   token keys, or the Kubernetes API --------+--> Certify -> gRPC port
 *                                            +--> /ready, /metrics -> admin port
 */
import { randomBytes } from 'node:crypto';
import { GrpcServer } from '@heddle/api';
import { serviceAccountIdentity } from '@heddle/names';
import { AdminServer, type Clock, serveUntilEnd, systemClock, TaskScope, version } from '@heddle/runtime';
import { watchFiles } from '@heddle/runtime/files';
import { createLogger, type Logger } from '@heddle/telemetry';
import { promHandler } from '@heddle/telemetry/prom';
import { mayScrape } from './admin/may-scrape.ts';
import { certifyService } from './certify/service.ts';
import { type IdentityConfig, readConfig } from './config.ts';
import { IdentityEvents } from './events/identity-events.ts';
import { issuerPaths } from './issuer/issuer-files.ts';
import { type IssuerOutcome, IssuerSource } from './issuer/issuer-source.ts';
import { createMetrics, type IdentityMetrics } from './metrics.ts';
import { createOwnCredentials, type OwnLeafOptions, renewOwnCredentials } from './own-leaf/own-leaf.ts';
import { openAuthenticator } from './tokens/open-authenticator.ts';

export interface RunningIdentity {
  /** Resolves to the gRPC port once there is an issuer and the port is open. */
  readonly port: Promise<number>;
  readonly adminPort: number;
  /** Finishes calls in progress for up to `graceMs`, then ends everything. */
  close(graceMs: number): Promise<void>;
}

/** A missed notification delays a rotation by no more than this. */
const pollMs = 5_000;
const drainMs = 5_000;
const ownServiceAccount = 'linkerd-identity';

/** The process: from the environment to an exit code. @throws {ConfigError} */
export const run = async (environment: Readonly<Record<string, string | undefined>>): Promise<number> => {
  const config = readConfig(environment);
  const log = createLogger({ name: 'identity', level: config.logLevel });
  return serveUntilEnd({
    start: (onFault) => startIdentity(config, { clock: systemClock, log, onFault }),
    reportFault: (task, cause) => log.fatal({ task, err: cause }, 'a background task ended'),
    graceMs: drainMs,
  });
};

export interface IdentityEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
  /** A background task ended that must not. */
  readonly onFault: (task: string, cause: unknown) => void;
}

/** Starts everything; the admin port is open when this resolves, the gRPC port as soon as there is an issuer. */
export const startIdentity = async (
  config: IdentityConfig,
  { clock, log, onFault }: IdentityEnvironment,
): Promise<RunningIdentity> => {
  const tasks = new TaskScope(({ task, cause }) => onFault(task, cause));
  const { issuanceLifetimeMs, clockSkewMs } = config;
  const source = new IssuerSource({
    ...config,
    clock,
    log,
    onOutcome: (outcome) => {
      issuerCounterOf(metrics, outcome.kind).inc();
      void events?.issuer(outcome);
    },
  });
  const metrics = createMetrics(version, source.state, clock);
  const tokens = await openAuthenticator(config.tokens, { clock, clockSkewMs, log, metrics, tasks, pollMs });
  const events =
    tokens.api &&
    new IdentityEvents({
      api: tokens.api,
      namespace: config.domain.controlPlaneNamespace,
      clock,
      onError: (error) => {
        metrics.eventErrors.inc({ status: String(error.status) });
        log.debug({ reason: error.message }, 'an event could not be written');
      },
    });
  let server: GrpcServer | undefined;
  const admin = new AdminServer({
    ...config.adminListen,
    notReady: () => [
      ...(source.state.value.kind === 'ready' ? [] : [`an issuer (${source.state.value.reason})`]),
      ...tokens.notReady(),
      ...(server === undefined ? ['the gRPC port'] : []),
    ],
    handlers: [promHandler(metrics.registry)],
    mayScrape: (peer) => mayScrape(config.scrapeNetworks, peer),
    onError: (error) => log.error({ err: error }, 'admin request failed'),
  });
  const { port: adminPort } = await admin.listen();

  const paths = [...issuerPaths(config.issuerDir), config.trustAnchorsFile];
  tasks.run('issuer files', (signal) => watchFiles({ paths, clock, pollMs, signal, read: () => source.read() }));
  const ownLeaf: OwnLeafOptions = {
    identity: serviceAccountIdentity(
      { name: ownServiceAccount, namespace: config.domain.controlPlaneNamespace },
      config.domain,
    ),
    issuer: source.state,
    lifetimeMs: issuanceLifetimeMs,
    clockSkewMs,
    clock,
    log,
  };
  const listening = Promise.withResolvers<number>();
  tasks.run('own certificate', async (signal) => {
    const credentials = await createOwnCredentials(ownLeaf, signal);
    const opened = await GrpcServer.listen({
      name: 'identity API',
      ...config.listen,
      services: [
        certifyService({
          authenticator: tokens.authenticator,
          issuer: source.state,
          domain: config.domain,
          lifetimeMs: issuanceLifetimeMs,
          clockSkewMs,
          clock,
          randomBytes,
          log,
          onIssued: (issued) => events?.issued(issued),
          onResult: (result, seconds) => {
            metrics.certifies.inc({ result });
            metrics.certifySeconds.observe(seconds);
          },
        }),
      ],
      credentials,
      clock,
      clientCertificate: 'optional',
      cleartextFromLoopback: config.cleartextFromLoopback,
      maxRequestBytes,
      reportError: (error, method) => log.error({ err: error, method }, 'call failed'),
      onRefused: (peer, error) => {
        metrics.refusedConnections.inc({ reason: error.code });
        log.debug({ peer, reason: error.message }, 'connection refused');
      },
    });
    // Closing may have begun while the port opened; nobody else would close it then.
    if (signal.aborted) return opened.close();
    server = opened;
    log.info({ port: opened.port, version }, 'serving');
    listening.resolve(opened.port);
    return renewOwnCredentials(credentials, ownLeaf, signal);
  });

  return {
    port: listening.promise,
    adminPort,
    close: async (graceMs) => {
      await server?.drain(graceMs);
      tokens.close();
      await events?.close();
      await tasks.close();
      await admin.close();
    },
  };
};

/** A token of at most 16 kB, a request of at most 4 kB, a name. */
const maxRequestBytes = 64 * 1024;

const issuerCounterOf = (metrics: IdentityMetrics, outcome: IssuerOutcome['kind']) => {
  if (outcome === 'updated' || outcome === 'loaded') return metrics.issuerUpdates;
  return outcome === 'skipped' ? metrics.issuerUpdatesSkipped : metrics.issuerValidationFailures;
};
