/** The outbound half of a proxy with short timeouts, its control plane and its listeners, in the test's process. */
import { GrpcClient } from '@heddle/api';
import { orThrow, parseNetwork } from '@heddle/names';
import { identityOf } from '@heddle/policy/testing';
import { type Clock, DeadlineSweeper, Drain, systemClock } from '@heddle/runtime';
import { createLogger, MetricRegistry, Sampler } from '@heddle/telemetry';
import { CredentialCell, listenerDestinations, type SocketAddress, TcpListener } from '@heddle/transport';
import type { OutboundConfig } from '../../config/model.ts';
import { defaultHttpLimits } from '../../http/limits.ts';
import { whenCertified } from '../../identity/identity.ts';
import { declareMetrics } from '../../metrics.ts';
import { controlName, type FakeControlPlane } from '../../testing/fake-control-plane.ts';
import type { OutboundDeps } from '../deps.ts';
import { createOutbound } from '../outbound.ts';

export interface OutboundOptions {
  readonly plane: FakeControlPlane;
  /** Targets `ip:port` that the application may call. */
  readonly targets: readonly string[];
  readonly config?: Partial<OutboundConfig>;
  readonly deps?: Partial<OutboundDeps>;
}

export interface OutboundUnderTest {
  readonly credentials: CredentialCell;
  readonly drain: Drain;
  /** Where the application reaches a target. */
  portOf(target: string): number;
  /** Lines that were logged, decoded. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  metrics(): Promise<string>;
  close(): Promise<void>;
}

const everywhere = orThrow(parseNetwork('0.0.0.0/0'));

const testConfig: OutboundConfig = {
  listen: [],
  source: undefined,
  detectTimeoutMs: 10_000,
  connectTimeoutMs: 1000,
  connectBackoff: { minMs: 10, maxMs: 50, jitterRatio: 0 },
  discoveryIdleMs: 5000,
  failfastMs: 5000,
  queueCapacity: 100,
  profileNetworks: [everywhere],
  contextToken: '',
  mayExplain: true,
  meshRequired: false,
  http: defaultHttpLimits,
  maxInFlight: 1000,
  maxConnections: 1000,
};

export const startOutbound = async (options: OutboundOptions): Promise<OutboundUnderTest> => {
  const { plane, targets } = options;
  const clock: Clock = options.deps?.clock ?? systemClock;
  const credentials =
    options.deps?.credentials ?? new CredentialCell(plane.mill.trustAnchors, plane.mill.leaf(identityOf('web')));
  const client = new GrpcClient({
    address: `127.0.0.1:${plane.port}`,
    clock: systemClock,
    security: { kind: 'mesh', credentials, serverName: controlName },
    reconnect: { minMs: 10, maxMs: 50 },
  });
  const lines: Record<string, unknown>[] = [];
  const registry = new MetricRegistry();
  const sweeper = new DeadlineSweeper(clock, clock === systemClock ? 20 : 1000);
  const drain = new Drain();
  const table = new Map<string, SocketAddress>();
  const outbound = createOutbound({
    config: { ...testConfig, ...options.config },
    clusterNetworks: [],
    workload: 'web',
    destinationClient: client,
    policyClient: client,
    streamLimits: undefined,
    discoveryTimeoutMs: 10_000,
    credentials,
    whenCertified: whenCertified(credentials),
    destinations: listenerDestinations(table),
    ownAddresses: [],
    clock,
    random: Math.random,
    sweeper,
    drain,
    metrics: declareMetrics(registry),
    log: createLogger({ name: 'test', level: 'info', write: (line) => lines.push(JSON.parse(line)) }),
    sampler: new Sampler(1000),
    ...options.deps,
  });
  const listeners = new Map<string, TcpListener>();
  for (const target of targets) {
    const listener = await TcpListener.listen({
      name: 'outbound',
      host: '127.0.0.1',
      port: 0,
      onConnection: (socket) => void outbound.accept(socket),
    });
    const colon = target.lastIndexOf(':');
    table.set(`127.0.0.1:${listener.port}`, { ip: target.slice(0, colon), port: Number(target.slice(colon + 1)) });
    listeners.set(target, listener);
  }
  return {
    credentials,
    drain,
    lines,
    portOf: (target) => listeners.get(target)?.port ?? 0,
    metrics: () => registry.render(),
    close: async () => {
      await Promise.all([...listeners.values()].map((listener) => listener.close()));
      outbound.close();
      client.close();
    },
  };
};
