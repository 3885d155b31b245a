/**
 * Composition root of destination: what is made, in which order, and how it ends.
 *
 *     manifests or cluster -> CatalogFeed -> catalog -> Answers --+--> inbound, outbound -> policy port
 *                                                      +--> endpoints, profiles -> destination port
 *                                                      +--> judge -> webhook port
 *                                                      +--> StatusWriter (leader) -> cluster
 *     identity service -> IdentityRenewal -> CredentialCell -> mesh TLS of both ports
 */
import { AdmissionServer } from '@heddle/admission';
import { type BoundService, GrpcClient, GrpcServer, IdentityRenewal } from '@heddle/api';
import { type Catalog, createCatalog } from '@heddle/catalog';
import type { ResourceSource } from '@heddle/crds';
import { type KubernetesApi, openKubernetesApi, type ResourcesConfig } from '@heddle/k8s';
import { networkContains, parseIp } from '@heddle/names';
import {
  AdminServer,
  type Clock,
  type SocketAddressText,
  serveUntilEnd,
  systemClock,
  TaskScope,
  version,
} from '@heddle/runtime';
import { createLogger, type Logger } from '@heddle/telemetry';
import { promHandler } from '@heddle/telemetry/prom';
import { CredentialCell } from '@heddle/transport';
import { type JudgeDependencies, judge, judgedKinds } from './admission/judge.ts';
import { checkFiles } from './check-files.ts';
import { type DestinationConfig, type IdentityConfig, readConfig, type WebhookConfig } from './config.ts';
import { followTrustAnchors, readTrustAnchors } from './credentials/trust-anchors.ts';
import { createMetrics, type DestinationMetrics } from './metrics.ts';
import { destinationService } from './services/destination.ts';
import { inboundService } from './services/inbound.ts';
import { outboundService } from './services/outbound.ts';
import { CatalogFeed } from './sources/catalog-feed.ts';
import { createKubernetesSource } from './sources/kubernetes.ts';
import { createManifestSource } from './sources/manifests.ts';
import { createStatuses, type Statuses } from './status/open-statuses.ts';
import { Answers } from './subscriptions/answers.ts';

export interface RunningDestination {
  readonly destinationPort: number;
  readonly policyPort: number;
  readonly adminPort: number;
  /** Undefined without a webhook. */
  readonly webhookPort: number | undefined;
  /** Tells clients to go elsewhere, waits up to `graceMs` for their calls, then ends everything. */
  close(graceMs: number): Promise<void>;
}

export interface DestinationEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A background task ended that must not. */
  readonly onFault: (task: string, cause: unknown) => void;
}

/** Streams do not end by themselves: this is for unary calls, and for clients to hear of the end. */
const drainMs = 500;

/** The process: from the environment to an exit code. @throws {ConfigError} */
export const run = async (environment: Readonly<Record<string, string | undefined>>): Promise<number> => {
  const config = readConfig(environment);
  const log = createLogger({ name: 'destination', level: config.logLevel });
  return serveUntilEnd({
    start: (onFault) => startDestination(config, { clock: systemClock, log, random: Math.random, onFault }),
    reportFault: (task, cause) => log.fatal({ task, err: cause }, 'a background task ended'),
    graceMs: drainMs,
  });
};

/**
 * Starts everything. Ports are open when this resolves; they serve as soon as there is a certificate.
 * @throws {ConfigError} when a file or folder of the configuration cannot be read; {ListenError}
 */
export const startDestination = async (
  config: DestinationConfig,
  environment: DestinationEnvironment,
): Promise<RunningDestination> => {
  const { clock, log, onFault } = environment;
  await checkFiles(config);
  const tasks = new TaskScope(({ task, cause }) => onFault(task, cause));
  const credentials = new CredentialCell(await readTrustAnchors(config.identity.trustAnchorsFile));
  const catalog = createCatalog(config.catalog);
  const answers = new Answers({ catalog, defer: (task) => void setImmediate(task) });
  const identityClient = createIdentityClient(config.identity, credentials, clock);
  const renewal = createRenewal(config.identity, credentials, identityClient, environment, () =>
    metrics.certificateFailures.inc(),
  );
  const metrics = createMetrics(version, {
    objects: () => catalog.size,
    watchedAnswers: () => answers.size,
    identity: renewal.state,
  });
  const cluster = await openCluster(config, catalog, () => feed.isSynced, environment, metrics);
  const source = cluster?.source ?? createFolderSource(config.resources, environment, metrics);
  const feed = new CatalogFeed({
    catalog,
    onChange: (changes) => {
      answers.changed(changes);
      cluster?.statuses.writer.changed(changes.statuses);
    },
    onDelete: (key) => cluster?.statuses.watched.gone(key),
    onApplied: metrics.changed,
    nowMs: () => clock.nowMs(),
  });
  const admin = new AdminServer({
    ...config.adminListen,
    notReady: () => [
      ...(feed.isSynced ? [] : ['the state of the cluster']),
      ...(credentials.value.credentials ? [] : ['a certificate']),
    ],
    handlers: [promHandler(metrics.registry)],
    mayScrape: ({ address }) => {
      const ip = parseIp(address);
      return ip.kind === 'ok' && config.scrapeNetworks.some((network) => networkContains(network, ip.value));
    },
    onError: (error) => log.error({ err: error }, 'admin request failed'),
  });
  const { port: adminPort } = await admin.listen();

  const deps = {
    catalog,
    answers,
    isSynced: () => feed.isSynced,
    clusterDomain: config.catalog.clusterDomain,
    counters: metrics.streams,
  };
  const listen = (name: string, at: SocketAddressText, services: readonly BoundService[]): Promise<GrpcServer> =>
    GrpcServer.listen({ name, ...at, services, credentials, ...serverOptions(name, config, environment, metrics) });
  const destination = await listen('destination', config.destinationListen, [destinationService(deps)]);
  const policy = await listen('policy', config.policyListen, [inboundService(deps), outboundService(deps)]);

  const webhook = createWebhook(config.webhook, deps, environment, metrics);
  const webhookPort = await webhook?.listen();
  if (webhook) tasks.run('webhook certificate', (signal) => webhook.followCertificate(signal));

  const synced = source.start(feed);
  // A folder is there or the process ends; a cluster may take its time, and /ready says so.
  if (config.resources.kind === 'folders') await synced;
  if (cluster) {
    tasks.run('lease', (signal) => cluster.statuses.election.run(signal));
    tasks.run('statuses', (signal) => cluster.statuses.writer.run(signal));
  }
  tasks.run('certificate', (signal) => renewal.run(signal));
  tasks.run('trust anchors', (signal) =>
    followTrustAnchors({ file: config.identity.trustAnchorsFile, credentials, clock, log, signal }),
  );
  log.info({ destinationPort: destination.port, policyPort: policy.port, objects: catalog.size, version }, 'serving');

  return {
    destinationPort: destination.port,
    policyPort: policy.port,
    adminPort,
    webhookPort,
    close: async (graceMs) => {
      await Promise.all([destination.drain(graceMs), policy.drain(graceMs), webhook?.close(graceMs)]);
      await tasks.close();
      await source.close();
      cluster?.api.close();
      identityClient.close();
      await admin.close();
    },
  };
};

const createWebhook = (
  config: WebhookConfig | undefined,
  deps: JudgeDependencies,
  { clock, log }: DestinationEnvironment,
  metrics: DestinationMetrics,
): AdmissionServer | undefined =>
  config &&
  new AdmissionServer({
    ...config.listen,
    certificateDir: config.certificateDir,
    admit: (request) => judge(request, deps),
    clock,
    log,
    metrics: metrics.admission,
    kinds: judgedKinds,
    onCertificate: (isUsed) => metrics.webhookCertificates.inc({ result: isUsed ? 'used' : 'refused' }),
  });

interface OpenCluster {
  readonly api: KubernetesApi;
  readonly source: ResourceSource;
  readonly statuses: Statuses;
}

/** Undefined where objects come from folders: statuses are then nobody's. */
const openCluster = async (
  { resources, catalog: { controlPlaneNamespace: namespace }, replica }: DestinationConfig,
  catalog: Catalog,
  isSynced: () => boolean,
  { clock, log, random, onFault }: DestinationEnvironment,
  metrics: DestinationMetrics,
): Promise<OpenCluster | undefined> => {
  if (resources.kind !== 'kubernetes') return undefined;
  const api = await openKubernetesApi(resources.access, { variable: 'HEDDLE_KUBERNETES', clock });
  const shared = { api, clock, log, random };
  const statuses = createStatuses({ ...shared, catalog, isSynced, namespace, replica, metrics: metrics.statuses });
  const onObject = (value: unknown): void => statuses.watched.seen(value);
  const source = createKubernetesSource({ ...shared, onFault, metrics: metrics.cluster, onObject });
  return { api, source, statuses };
};

const createFolderSource = (
  resources: ResourcesConfig,
  { clock, log }: DestinationEnvironment,
  metrics: DestinationMetrics,
): ResourceSource => {
  const onProblems = (errors: number): void => metrics.manifestProblems.set(errors);
  return createManifestSource({
    folders: resources.kind === 'folders' ? resources.folders : [],
    clock,
    log,
    onProblems,
  });
};

const serverOptions = (
  port: string,
  config: DestinationConfig,
  { clock, log }: DestinationEnvironment,
  metrics: DestinationMetrics,
) => ({
  clock,
  clientCertificate: 'required' as const,
  cleartextFromLoopback: config.cleartextFromLoopback,
  maxRequestBytes,
  reportError: (error: unknown, method: string) => log.error({ err: error, method }, 'call failed'),
  onRefused: (peer: string, error: { readonly code: string; readonly message: string }) => {
    metrics.refusedConnections.inc({ port, reason: error.code });
    log.debug({ peer, port, reason: error.message }, 'connection refused');
  },
});

/** A token and a name. */
const maxRequestBytes = 16 * 1024;

const createIdentityClient = (config: IdentityConfig, credentials: CredentialCell, clock: Clock): GrpcClient =>
  new GrpcClient({
    address: `${config.address.host.includes(':') ? `[${config.address.host}]` : config.address.host}:${config.address.port}`,
    security: { kind: 'mesh', credentials, serverName: config.serviceName, clientCertificate: 'omit' },
    clock,
    reconnect: { minMs: 100, maxMs: 2_000 },
  });

const createRenewal = (
  config: IdentityConfig,
  credentials: CredentialCell,
  client: GrpcClient,
  { clock, log, random }: DestinationEnvironment,
  onFailure: () => void,
): IdentityRenewal =>
  new IdentityRenewal({
    identity: config.localName,
    tokenFile: config.tokenFile,
    client,
    credentials,
    clock,
    random,
    onCertificate: ({ notAfterMs }) =>
      log.info({ identity: config.localName, not_after: new Date(notAfterMs).toISOString() }, 'certificate'),
    onFailure: (error) => {
      onFailure();
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'no new certificate; trying again');
    },
  });
