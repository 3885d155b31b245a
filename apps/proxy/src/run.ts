/** The composition root: what the proxy is made of, and the order in which it starts and ends. No logic of its own. */
import { AdminServer, DeadlineSweeper, Drain, systemClock, TaskScope, version } from '@heddle/runtime';
import {
  AccessLog,
  addProcessMetrics,
  type CounterCell,
  createLogger,
  LineWriter,
  MetricRegistry,
  Sampler,
} from '@heddle/telemetry';
import { HandshakeGate, SocketBatches, TcpListener } from '@heddle/transport';
import { AdminAcceptor } from './accept/admin.ts';
import { reportCrowd } from './accept/crowd.ts';
import { InboundAcceptor } from './accept/inbound.ts';
import {
  applicationAddresses,
  inboundDestinations,
  inboundListenAddresses,
  outboundDestinations,
  outboundListenAddresses,
} from './accept/redirection.ts';
import { adminHandlers } from './admin/handlers.ts';
import type { ProxyConfig } from './config/model.ts';
import { createServiceClient, streamLimitsFor } from './control/service.ts';
import { inOneTick } from './http/end-of-tick.ts';
import { InFlight } from './http/in-flight.ts';
import { slabPool } from './http1/slab.ts';
import { createCredentials, startIdentity, whenCertified } from './identity/identity.ts';
import { Applications } from './inbound/application.ts';
import type { InboundDeps } from './inbound/deps.ts';
import { createPolicyClient } from './inbound/policy-client.ts';
import { PolicyStore } from './inbound/policy-store.ts';
import { declareMetrics } from './metrics.ts';
import { createOutbound } from './outbound/outbound.ts';

/** How late deadlines may be noticed. */
const sweepMs = 250;
/** How long a connection of the application waits for what is known about its destination. */
const discoveryTimeoutMs = 10_000;
/** Lines a second about refusals. */
const denialLinesPerSecond = 10;
const maxAdminConnections = 128;
const gateOptions = { maxPending: 512, maxPendingPerPeer: 128, ratePerSecond: 1000, burst: 256 };

export interface RunningProxy {
  readonly adminPort: number;
  /** Gives back to the system what was freed; takes some milliseconds. */
  readonly releaseMemory: () => void;
  /** Drains and closes everything. */
  stop(reason: string): Promise<void>;
}

/**
 * Starts a proxy; resolves once its ports are open.
 * @param requestStop called when the admin port is asked for a shutdown
 * @throws {ConfigError} for what can only be seen now; other errors when a port cannot be opened
 */
export const startProxy = async (
  config: ProxyConfig,
  environment: Readonly<Record<string, string | undefined>>,
  requestStop: (reason: string) => void,
): Promise<RunningProxy> => {
  const destinations = { inbound: inboundDestinations(config), outbound: outboundDestinations(config) };
  const clock = systemClock;
  const random = Math.random;
  const log = createLogger({ name: 'proxy', level: config.logLevel });
  const scope = new TaskScope(({ task, cause }) => {
    log.fatal({ err: cause, task }, 'a background task ended');
    process.exit(70);
  });
  const registry = new MetricRegistry();
  addProcessMetrics(registry, 'proxy', version);
  const metrics = declareMetrics(registry);
  const sweeper = new DeadlineSweeper(clock, sweepMs);
  const drain = new Drain();
  const credentials = createCredentials(config.identity);
  await startIdentity(config.identity, credentials, { clock, random, scope, metrics, log });

  const policyClient = createServiceClient(config.policy.service, credentials, clock);
  const store = new PolicyStore({
    clock,
    holdMs: config.inbound.policyHoldMs,
    idleMs: config.inbound.discoveryIdleMs,
    declaredPorts: config.inbound.ports,
    source: createPolicyClient({
      client: policyClient,
      whenCertified: whenCertified(credentials),
      workload: config.policy.workload,
      clock,
      random,
      limits: streamLimitsFor(config.policy.service),
      onError: (port, error) => log.debug({ port, err: error }, 'policy stream ended; trying again'),
    }),
    onUpdate: (port, state, revision) => {
      if (state.kind === 'invalid') log.error({ port, reason: state.reason }, 'policy cannot be used');
      else log.info({ port, revision }, 'policy');
    },
  });
  const batches = SocketBatches.ofProcess(inOneTick, slabPool);
  const applications = new Applications({
    clock,
    sweeper,
    batches,
    limits: config.inbound.http,
    connectTimeoutMs: config.inbound.connectTimeoutMs,
    addressOf: applicationAddresses(config),
    maxWaiting: config.inbound.maxInFlight,
  });
  const deps: InboundDeps = {
    clock,
    random,
    sweeper,
    metrics,
    log,
    batches,
    denialSampler: new Sampler(denialLinesPerSecond),
    accessLog:
      config.accessLog === undefined ? undefined : new AccessLog(new LineWriter(process.stdout), config.accessLog),
    limits: config.inbound.http,
    applications,
    inFlight: new InFlight(config.inbound.maxInFlight),
  };
  const gate = new HandshakeGate({ clock, ...gateOptions });
  const acceptor = new InboundAcceptor({
    config,
    deps,
    store,
    credentials,
    gate,
    destinations: destinations.inbound,
    drain,
  });
  const destinationClient = createServiceClient(config.destination.service, credentials, clock);
  const outboundAddresses = outboundListenAddresses(config);
  const outbound = createOutbound({
    config: config.outbound,
    clusterNetworks: config.clusterNetworks,
    workload: config.policy.workload,
    destinationClient,
    policyClient,
    streamLimits: streamLimitsFor(config.destination.service),
    discoveryTimeoutMs,
    credentials,
    whenCertified: whenCertified(credentials),
    ownAddresses: outboundAddresses.map(({ host, port }) => ({ ip: host, port })),
    destinations: destinations.outbound,
    clock,
    random,
    sweeper,
    batches,
    drain,
    metrics,
    log,
    sampler: new Sampler(denialLinesPerSecond),
  });
  const crowded = (side: 'inbound' | 'outbound', refused: CounterCell) => reportCrowd(side, refused, { log, clock });
  const listeners = await Promise.all([
    ...inboundListenAddresses(config).map(({ host, port }) =>
      TcpListener.listen({
        name: 'inbound proxy',
        host,
        port,
        maxConnections: config.inbound.maxConnections,
        onRefused: crowded(
          'inbound',
          metrics.inboundTcpErrors.cell({ error: 'too many connections', target_port: '0' }),
        ),
        onConnection: (socket) => void acceptor.accept(socket),
      }),
    ),
    ...outboundAddresses.map(({ host, port }) =>
      TcpListener.listen({
        name: 'outbound proxy',
        host,
        port,
        maxConnections: config.outbound.maxConnections,
        onRefused: crowded('outbound', metrics.outboundTcpErrors.cell({ error: 'too many connections' })),
        onConnection: (socket) => void outbound.accept(socket),
      }),
    ),
  ]);
  const adminAcceptor = new AdminAcceptor({ config, credentials, gate, clock });
  const admin = new AdminServer({
    ...config.admin.listen,
    notReady: () => [
      ...(credentials.value.credentials === undefined ? ['the first certificate'] : []),
      ...store.missingPorts.map((port) => `the policy of port ${port}`),
    ],
    mayScrape: adminAcceptor.mayScrape,
    handlers: adminHandlers({
      registry,
      log,
      environment,
      shutdown: config.admin.isShutdownEnabled ? () => requestStop('shutdown request') : undefined,
    }),
    onError: (error) => log.warn({ err: error }, 'admin server'),
  });
  const adminListener = await TcpListener.listen({
    name: 'admin server',
    ...config.admin.listen,
    maxConnections: maxAdminConnections,
    onConnection: (socket) => void adminAcceptor.accept(socket, admin),
  });
  const forgetting = clock.every(config.metricsRetainIdleMs, () =>
    registry.forgetIdle(clock.nowMs() - config.metricsRetainIdleMs),
  );
  log.info({ version, identity: config.identity.localName, admin: adminListener.port }, 'started');

  return {
    adminPort: adminListener.port,
    releaseMemory: () => batches?.releaseMemory(),
    stop: async (reason) => {
      log.info({ reason }, 'draining');
      for (const listener of listeners) listener.stopAccepting();
      const isClean = await drain.begin(clock, config.shutdownGraceMs);
      await Promise.all(listeners.map((listener) => listener.close()));
      applications.close();
      outbound.close();
      store.close();
      policyClient.close();
      destinationClient.close();
      forgetting.cancel();
      await scope.close();
      await adminListener.close();
      await admin.close();
      log.info({ isClean }, 'stopped');
    },
  };
};
