/**
 * Composition root of the injector: what is made, in which order, and how it ends.
 *
 *     manifests, or the Kubernetes API -> lookup ---+
 *     values, trust anchors -> InstallSource -------+--> admit -> webhook port
 *     tls.crt, tls.key -----------------------------------^
 */

import { AdmissionServer } from '@heddle/admission';
import { networkContains, parseIp } from '@heddle/names';
import { AdminServer, type Clock, serveUntilEnd, systemClock, TaskScope, version } from '@heddle/runtime';
import { watchFiles } from '@heddle/runtime/files';
import { createLogger, type Logger } from '@heddle/telemetry';
import { promHandler } from '@heddle/telemetry/prom';
import { admit, type PodDecision } from './admission/admit.ts';
import { createDecisionLog } from './admission/decision-log.ts';
import { KnownObjects } from './cluster/known-objects.ts';
import { openCluster } from './cluster/open-cluster.ts';
import { type InjectorConfig, readConfig } from './config.ts';
import { reportOf } from './events/decision-report.ts';
import { InstallSource } from './install/install-source.ts';
import { createMetrics } from './metrics.ts';

export interface RunningInjector {
  readonly port: number;
  readonly adminPort: number;
  /** Finishes reviews in progress for up to `graceMs`, then ends everything. */
  close(graceMs: number): Promise<void>;
}

export interface InjectorEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A background task ended that must not. */
  readonly onFault: (task: string, cause: unknown) => void;
}

/** A missed notification delays new values or trust anchors by no more than this. */
const pollMs = 5_000;
const drainMs = 5_000;

/** The process: from the environment to an exit code. @throws {ConfigError} */
export const run = async (environment: Readonly<Record<string, string | undefined>>): Promise<number> => {
  const config = readConfig(environment);
  const log = createLogger({ name: 'injector', level: config.logLevel });
  return serveUntilEnd({
    start: (onFault) => startInjector(config, { clock: systemClock, log, random: Math.random, onFault }),
    reportFault: (task, cause) => log.fatal({ task, err: cause }, 'a background task ended'),
    graceMs: drainMs,
  });
};

/** Starts everything. Ports are open when this resolves; handshakes succeed once there is a certificate. */
export const startInjector = async (
  config: InjectorConfig,
  { clock, log, random, onFault }: InjectorEnvironment,
): Promise<RunningInjector> => {
  const tasks = new TaskScope(({ task, cause }) => onFault(task, cause));
  const metrics = createMetrics(version);
  const known = new KnownObjects();
  const cluster = await openCluster(config.resources, known, {
    clock,
    log,
    random,
    onFault,
    onProblems: (errors) => metrics.manifestProblems.set(errors),
    onWatchError: ({ group, kind }, status) => metrics.watchErrors.inc({ group, kind, status }),
    onLookup: (result) => metrics.lookups.inc({ result }),
    onEventError: (status) => metrics.eventErrors.inc({ status: String(status) }),
    onStates: metrics.observeKinds,
  });
  const install = new InstallSource({
    ...config,
    version,
    log,
    onResult: (isUsed) => metrics.reloads.inc({ what: 'install', result: isUsed ? 'used' : 'refused' }),
  });
  const logDecision = createDecisionLog(log, metrics);
  const onPod = (decision: PodDecision): void => {
    logDecision(decision);
    const report = reportOf(decision);
    if (report !== undefined) cluster.tell(report);
  };
  const webhook = new AdmissionServer({
    ...config.listen,
    certificateDir: config.certificateDir,
    admit: (review) => admit(review, { lookup: cluster.lookup, install: () => install.current, onPod }),
    clock,
    log,
    metrics: metrics.admission,
    kinds: ['Pod', 'Service'],
    onCertificate: (isUsed) => metrics.reloads.inc({ what: 'certificate', result: isUsed ? 'used' : 'refused' }),
  });
  const admin = new AdminServer({
    ...config.adminListen,
    notReady: () => [
      ...(webhook.hasCertificate ? [] : ['a webhook certificate']),
      ...(install.current === undefined ? ['the install values and trust anchors'] : []),
      ...(known.isSynced ? [] : ['the state of the cluster']),
    ],
    handlers: [promHandler(metrics.registry)],
    mayScrape: ({ address }) => {
      const ip = parseIp(address);
      return ip.kind === 'ok' && config.scrapeNetworks.some((network) => networkContains(network, ip.value));
    },
    onError: (error) => log.error({ err: error }, 'admin request failed'),
  });
  const { port: adminPort } = await admin.listen();
  await cluster.start();
  const port = await webhook.listen();

  tasks.run('webhook certificate', (signal) => webhook.followCertificate(signal));
  tasks.run('install', (signal) =>
    watchFiles({ paths: install.paths, clock, pollMs, signal, read: () => install.read() }),
  );
  log.info({ port, version }, 'serving');

  return {
    port,
    adminPort,
    close: async (graceMs) => {
      await webhook.close(graceMs);
      await tasks.close();
      await cluster.close();
      await admin.close();
    },
  };
};
