import { create } from '@bufbuild/protobuf';
import { systemClock, WatchCell } from '@heddle/runtime';
import { createCertificateMill, eventually, FakeClock } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { afterEach, expect, test } from 'vitest';
import {
  Destination,
  type DestinationProfile,
  DestinationProfileSchema,
  GetDestinationSchema,
} from '../gen/io/linkerd/proxy/destination_pb.ts';
import type { CallContext } from '../grpc/call-context.ts';
import { GrpcClient } from '../grpc/client.ts';
import { type RpcCode, RpcError } from '../grpc/rpc-error.ts';
import { GrpcServer } from '../grpc/server.ts';
import { serveWith } from '../grpc/service.ts';
import { finalErrors } from './final-errors.ts';
import { StreamWatch, type WatchState } from './stream-watch.ts';

const serverName = 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local';
const mill = createCertificateMill();
const credentials = new CredentialCell(mill.trustAnchors, mill.leaf(serverName));

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

/** What the server does with each stream in turn; the last one is repeated. */
type Behaviour = 'serve' | 'silent' | 'end' | RpcCode;

const start = async (...behaviours: readonly Behaviour[]) => {
  const clock = new FakeClock();
  const profile = new WatchCell(named('first'));
  const streams: CallContext[] = [];
  const listen = (port: number): Promise<GrpcServer> =>
    GrpcServer.listen({
      name: 'test',
      host: '127.0.0.1',
      port,
      credentials,
      clock: systemClock,
      clientCertificate: 'required',
      reportError: (error) => {
        throw error;
      },
      services: [
        serveWith(Destination, {
          get: () => {
            throw new RpcError('unimplemented', 'not here');
          },
          async *getProfile(_, call) {
            const behaviour = behaviours[Math.min(streams.length, behaviours.length - 1)] ?? 'serve';
            streams.push(call);
            if (behaviour === 'silent') await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
            else if (behaviour === 'serve') yield* profile.changes(call.signal);
            else if (behaviour === 'end') yield profile.value;
            else throw new RpcError(behaviour, 'as told');
          },
        }),
      ],
    });
  const server = await listen(0);
  open.push(server);
  const client = new GrpcClient({
    address: `127.0.0.1:${server.port}`,
    security: { kind: 'mesh', credentials, serverName },
    clock: systemClock,
    reconnect: { minMs: 1, maxMs: 10 },
  });
  open.push(client);
  const watch = new StreamWatch({
    client,
    method: Destination.method.getProfile,
    request: create(GetDestinationSchema, {}),
    fold: (previous: readonly string[] | undefined, message, isFirst) => [
      ...(isFirst ? [] : (previous ?? [])),
      message.fullyQualifiedName,
    ],
    isFinal: finalErrors.destination,
    clock,
    random: () => 0,
    limits: { initialMs: 3_000, idleMs: 300_000, lifetimeMs: 3_600_000 },
  });
  open.push(watch);
  const becomes = (expected: Partial<WatchState<readonly string[]>>) =>
    eventually(() => expect(watch.state.value).toMatchObject(expected));
  return { clock, profile, streams, server, listen, watch, becomes };
};

const named = (name: string): DestinationProfile => create(DestinationProfileSchema, { fullyQualifiedName: name });

test('folds what the server says; the first message of a stream replaces', async () => {
  const { profile, becomes, streams, clock } = await start('serve');
  await becomes({ value: ['first'], isLive: true });
  profile.set(named('second'));
  await becomes({ value: ['first', 'second'], isLive: true });
  // A new stream after silence, and the watch never looked dead.
  clock.advance(300_000);
  await becomes({ value: ['second'], isLive: true });
  expect(streams.length).toBe(2);
  await eventually(() => expect(streams[0]?.signal.aborted).toBe(true));
});

test('a new stream replaces one that is old', async () => {
  const { profile, becomes, streams, clock } = await start('serve');
  await becomes({ value: ['first'] });
  for (let round = 1; round <= 14; round += 1) {
    clock.advance(4 * 60_000);
    profile.set(named(`${4 * round} minutes`));
    await becomes({ value: expect.arrayContaining([`${4 * round} minutes`]), isLive: true });
  }
  expect(streams.length).toBe(1);
  clock.advance(4 * 60_000);
  await becomes({ value: ['56 minutes'], isLive: true });
  expect(streams.length).toBe(2);
});

test('keeps its value while the server is away, and resumes when it is back', async () => {
  const { profile, becomes, server, listen, clock, watch } = await start('serve');
  await becomes({ value: ['first'], isLive: true });
  await server.close();
  await becomes({ value: ['first'], isLive: false, final: undefined });
  profile.set(named('meanwhile'));
  open.push(await listen(server.port));
  await eventually(() => {
    // A single timer is a watch that waits to try again; an open stream has two.
    if (clock.pendingTimers === 1) clock.advance(clock.nextTimerMs ?? 0);
    expect(watch.state.value).toMatchObject({ value: ['meanwhile'], isLive: true });
  });
});

test('backs off: 100 ms, doubling, and starts anew after a message', async () => {
  const { clock, streams, becomes, watch } = await start('internal', 'internal', 'internal', 'end', 'serve');
  for (const delayMs of [100, 200, 400]) {
    await eventually(() => expect(clock.nextTimerMs).toBe(delayMs));
    const before = streams.length;
    clock.advance(delayMs - 1);
    expect(streams.length).toBe(before);
    clock.advance(1);
    await eventually(() => expect(streams.length).toBe(before + 1));
  }
  await becomes({ value: ['first'], isLive: false });
  expect(watch.state.value.lastError).toMatchObject({ code: 'unavailable' });
  expect(clock.nextTimerMs).toBe(100);
  clock.advance(100);
  await becomes({ isLive: true, lastError: undefined });
});

test('a stream that says nothing at first has failed', async () => {
  const { clock, streams, becomes } = await start('silent', 'serve');
  await eventually(() => expect(streams.length).toBe(1));
  clock.advance(3_000);
  await becomes({ isLive: false, value: undefined });
  await eventually(() => expect(streams[0]?.signal.aborted).toBe(true));
  clock.advance(100);
  await becomes({ value: ['first'], isLive: true });
});

test('a final answer ends the watch and keeps the value', async () => {
  const { clock, becomes, streams, watch } = await start('end', 'invalid-argument');
  await becomes({ value: ['first'], isLive: false });
  clock.advance(100);
  await becomes({ value: ['first'], isLive: false });
  await eventually(() => expect(watch.state.value.final).toMatchObject({ code: 'invalid-argument' }));
  clock.advance(3_600_000);
  expect(clock.pendingTimers).toBe(0);
  expect(streams.length).toBe(2);
});

test('closing ends the stream and says nothing more', async () => {
  const { clock, becomes, streams, watch } = await start('serve');
  await becomes({ isLive: true });
  watch.close();
  await eventually(() => expect(streams[0]?.signal.aborted).toBe(true));
  expect(watch.state.value.isLive).toBe(true);
  expect(clock.pendingTimers).toBe(0);
});

test.each<[keyof typeof finalErrors, RpcCode, boolean]>([
  ['destination', 'invalid-argument', true],
  ['destination', 'failed-precondition', true],
  ['destination', 'not-found', false],
  ['destination', 'unimplemented', false],
  ['inboundPolicy', 'invalid-argument', true],
  ['inboundPolicy', 'not-found', false],
  ['outboundPolicy', 'failed-precondition', true],
  ['outboundPolicy', 'not-found', true],
  ['outboundPolicy', 'unimplemented', true],
  ['outboundPolicy', 'unavailable', false],
])('%s: %s is final: %s', (kind, code, expected) => {
  expect(finalErrors[kind](new RpcError(code, ''))).toBe(expected);
});
