import { connect, type Socket } from 'node:net';
import { FakeClock, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { peek } from './peek.ts';
import { TcpListener } from './tcp-listener.ts';

let listener: TcpListener;
let accepted: PromiseWithResolvers<Socket>;
let clock: FakeClock;
beforeEach(async () => {
  clock = new FakeClock();
  accepted = Promise.withResolvers<Socket>();
  listener = await TcpListener.listen({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => accepted.resolve(socket),
  });
});
afterEach(() => listener.close());

const options = () => ({ clock, timeoutMs: 1000, maxBytes: 64 });
/** The first line, when it is complete. */
const line = (bytes: Buffer): string | undefined => {
  const end = bytes.indexOf('\n');
  return end === -1 ? undefined : bytes.toString('latin1', 0, end);
};

test('decides on the first bytes and gives them back', async () => {
  await using client = await RawClient.connect(listener.port);
  const socket = await accepted.promise;
  const peeking = peek(socket, options(), line);
  await client.send('hello\nworld');
  expect(await peeking).toEqual({ kind: 'decided', value: 'hello' });
  expect(clock.pendingTimers).toBe(0);
  client.end();
  expect((await new RawClient(socket).untilEnd()).toString()).toBe('hello\nworld');
});

test('decides on bytes that arrived before it was asked', async () => {
  await using client = await RawClient.connect(listener.port);
  const socket = await accepted.promise;
  const first = peek(socket, options(), (bytes) => bytes.length);
  await client.send('hello\n');
  expect(await first).toEqual({ kind: 'decided', value: 6 });
  expect(await peek(socket, options(), line)).toEqual({ kind: 'decided', value: 'hello' });
});

test('sees bytes that drip one by one', async () => {
  await using client = await RawClient.connect(listener.port);
  client.socket.setNoDelay(true);
  const socket = await accepted.promise;
  const lengths: number[] = [];
  const grown = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const peeking = peek(socket, options(), (bytes) => {
    lengths.push(bytes.length);
    grown[bytes.length - 1]?.resolve();
    return line(bytes);
  });
  for (const [index, byte] of Array.from('drips\n').entries()) {
    await client.send(byte);
    await grown[index]?.promise;
  }
  expect(await peeking).toEqual({ kind: 'decided', value: 'drips' });
  expect(lengths).toEqual([1, 2, 3, 4, 5, 6]);
  client.end();
  expect((await new RawClient(socket).untilEnd()).toString()).toBe('drips\n');
});

test('gives up at the deadline, and the bytes are still there', async () => {
  await using client = await RawClient.connect(listener.port);
  const socket = await accepted.promise;
  const seen = Promise.withResolvers<void>();
  const peeking = peek(socket, options(), (bytes) => {
    seen.resolve();
    return line(bytes);
  });
  await client.send('half');
  await seen.promise;
  clock.advance(1000);
  expect(await peeking).toEqual({ kind: 'timeout' });
  await client.send('-line');
  client.end();
  expect((await new RawClient(socket).untilEnd()).toString()).toBe('half-line');
});

test('never shows more than was asked for', async () => {
  await using client = await RawClient.connect(listener.port);
  const socket = await accepted.promise;
  let longest = 0;
  const peeking = peek(socket, options(), (bytes) => {
    longest = Math.max(longest, bytes.length);
    return undefined;
  });
  await client.send('x'.repeat(100));
  expect(await peeking).toEqual({ kind: 'full' });
  expect(longest).toBe(64);
  client.end();
  expect((await new RawClient(socket).untilEnd()).length).toBe(100);
});

test('a peer that ends early leaves its bytes and its end to be read', async () => {
  const client = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
  client.end('half');
  const socket = await accepted.promise;
  expect(await peek(socket, options(), line)).toEqual({ kind: 'ended' });
  expect((await new RawClient(socket).untilEnd()).toString()).toBe('half');
  client.destroy();
});

test('a peer that ends without a word', async () => {
  const client = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
  client.end();
  expect(await peek(await accepted.promise, options(), line)).toEqual({ kind: 'ended' });
  client.destroy();
});

test('a connection that breaks', async () => {
  const client = connect({ port: listener.port, host: '127.0.0.1' });
  const socket = await accepted.promise;
  const peeking = peek(socket, options(), line);
  client.resetAndDestroy();
  expect((await peeking).kind).toBe('failed');
  expect(await peek(socket, options(), line)).toEqual({ kind: 'failed', error: undefined });
});
