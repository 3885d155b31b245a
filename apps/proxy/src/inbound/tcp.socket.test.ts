/** An opaque connection of a proxy that drains: ended when it is quiet, long before the grace is over. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { compilePolicy } from '@heddle/policy';
import { anybody, client, grant, httpPolicy } from '@heddle/policy/testing';
import { DeadlineSweeper, Drain, WatchCell } from '@heddle/runtime';
import { createLogger, MetricRegistry, Sampler } from '@heddle/telemetry';
import { FakeClock, RawClient } from '@heddle/testkit';
import { afterEach, expect, test } from 'vitest';
import { InFlight } from '../http/in-flight.ts';
import { defaultHttpLimits } from '../http/limits.ts';
import { declareMetrics } from '../metrics.ts';
import { Applications } from './application.ts';
import { InboundConnection } from './connection.ts';
import type { PortState } from './policy-store.ts';
import { serveTcp } from './tcp.ts';

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

const listen = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    disposals.push(() => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  disposals.push(() => server.close());
  return (server.address() as { port: number }).port;
};

const graceMs = 120_000;

test.each(['before it', 'after it'])('draining that began %s lets the application say its last words', async (when) => {
  const clock = new FakeClock();
  const drain = new Drain();
  const limits = defaultHttpLimits;
  const sweeper = new DeadlineSweeper(clock, 250);
  const applicationPort = await listen((socket) => {
    socket.write('welcome');
    socket.resume().once('end', () => socket.end('goodbye'));
  });
  const target = { ip: '127.0.0.1', port: applicationPort };
  const addressOf = () => target;
  const deps = {
    clock,
    sweeper,
    limits,
    random: Math.random,
    accessLog: undefined,
    inFlight: new InFlight(1),
    metrics: declareMetrics(new MetricRegistry()),
    log: createLogger({ name: 'test', level: 'silent' }),
    denialSampler: new Sampler(1),
    applications: new Applications({ clock, sweeper, limits, connectTimeoutMs: 5000, addressOf, maxWaiting: 1 }),
  };
  const policy = { ...httpPolicy([], [grant('everybody', anybody)]), protocol: { kind: 'opaque' as const } };
  const state = new WatchCell<PortState>({ kind: 'known', compiled: compilePolicy(policy), limiter: undefined });
  const port = await listen((socket) => {
    const facts = client('plaintext');
    const connection = new InboundConnection(
      deps,
      { facts, identity: '', target, tls: { tls: 'no_identity' } },
      { port: applicationPort, state },
    );
    void serveTcp(socket, connection, drain);
  });

  const begin = (): Promise<boolean> => drain.begin(clock, graceMs);
  const isEarly = when === 'before it';
  // Something else that drains, so that there is still time for the connection.
  const other = drain.hold(() => {});
  const early = isEarly ? begin() : undefined;
  const raw = await RawClient.connect(port, { timeoutMs: 5000 });
  disposals.push(() => raw[Symbol.asyncDispose]());
  await raw.untilText('welcome');
  const drained = early ?? begin();
  other.release();
  // The welcome came while draining already, or not: the first look sees that something moved, or that it is quiet.
  clock.advance(isEarly ? 10_000 : 5000);
  expect((await raw.untilEnd()).toString()).toBe('welcomegoodbye');
  raw.end();
  await once(raw.socket, 'close');
  expect(await drained).toBe(true);
  expect(clock.nowMs()).toBeLessThan(graceMs);
});
