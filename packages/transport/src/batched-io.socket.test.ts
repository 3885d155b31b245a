import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { eventually } from '@heddle/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { type BatchedSocket, ownBytes, SocketBatches, transferredBytes } from './batched-io.ts';

let turns = 0;
const pool = Buffer.from('not this, but this from the pool');
const batches = SocketBatches.ofProcess((deliver, count) => {
  turns += 1;
  deliver(count);
}, pool);

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

/** Both ends of a connection; the accepted one is the one to take. */
const pair = async (): Promise<{ near: Socket; far: Socket }> => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const far = connect({ port: (server.address() as { port: number }).port, allowHalfOpen: true, noDelay: true });
  const near = await accepted;
  for (const socket of [near, far]) socket.on('error', () => {});
  disposals.push(() => near.destroy() && far.destroy() && server.close());
  return { near, far };
};

const take = (socket: Socket): { taken: BatchedSocket; seen: () => Buffer } => {
  const chunks: Buffer[] = [];
  const taken = batches?.take(socket, (bytes) => chunks.push(ownBytes(bytes)));
  if (taken === undefined) throw new Error('the socket was not taken');
  return { taken, seen: () => Buffer.concat(chunks) };
};

describe.skipIf(batches === undefined)('sockets past their streams (need the native addon)', () => {
  test('what was put back comes first, then what arrives, in order and whole', async () => {
    const { near, far } = await pair();
    const first = Buffer.from('first');
    near.unshift(first);
    const { taken, seen } = take(near);
    const sent = randomBytes(3_000_000);
    far.write(sent);
    taken.resume();
    await eventually(() => expect(seen().length).toBe(first.length + sent.length));
    expect(seen().equals(Buffer.concat([first, sent]))).toBe(true);
    expect(transferredBytes(near).read).toBe(sent.length);
  });

  test('a paused socket reads nothing, and goes on where it was', async () => {
    const { near, far } = await pair();
    const { taken, seen } = take(near);
    taken.resume();
    far.write('one');
    await eventually(() => expect(seen().toString()).toBe('one'));
    taken.pause();
    const other = await pair();
    const { taken: otherTaken, seen: seenOfOther } = take(other.near);
    otherTaken.resume();
    far.write('two');
    other.far.write('later');
    await eventually(() => expect(seenOfOther().toString()).toBe('later'));
    expect(seen().toString()).toBe('one');
    taken.resume();
    await eventually(() => expect(seen().toString()).toBe('onetwo'));
  });

  test('the end, and a half-closed connection, are as with streams', async () => {
    const { near, far } = await pair();
    const { taken, seen } = take(near);
    let hasEnded = false;
    near.on('end', () => {
      hasEnded = true;
    });
    taken.resume();
    far.end('last words');
    await eventually(() => expect(hasEnded).toBe(true));
    expect(seen().toString()).toBe('last words');
    const answer = Buffer.from('answer');
    expect(taken.write(answer, 0, answer.length)).toBe(answer.length);
    const answered = new Promise<string>((resolve) => far.on('data', (bytes) => resolve(bytes.toString())));
    expect(await answered).toBe('answer');
    const closed = new Promise((resolve) => near.once('close', resolve));
    near.end();
    await closed;
  });

  test('a reset destroys the socket with its error', async () => {
    const { near, far } = await pair();
    const { taken } = take(near);
    const failed = new Promise<Error>((resolve) => near.once('error', resolve));
    taken.resume();
    far.resetAndDestroy();
    expect(await failed).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(taken.write(Buffer.from('x'), 0, 1)).toBe(0);
  });

  test('a socket that takes no more says how much it took, and waits for its stream', async () => {
    const { near, far } = await pair();
    const { taken } = take(near);
    far.pause();
    const block = randomBytes(1_000_000);
    let sent = 0;
    let took = block.length;
    while (took === block.length) {
      took = taken.write(block, 0, block.length);
      sent += took;
    }
    near.write(block.subarray(took));
    sent += block.length - took;
    let received = 0;
    far.on('data', (bytes) => {
      received += bytes.length;
    });
    far.resume();
    await eventually(() => expect(received).toBe(sent));
    expect(transferredBytes(near).written).toBe(sent);
  });

  test('many sockets are read in one turn, and one may close another in it', async () => {
    const pairs = await Promise.all(Array.from({ length: 40 }, pair));
    const seen: number[] = [];
    pairs.forEach(({ near }, index) => {
      const taken = batches?.take(near, () => {
        seen.push(index);
        pairs[index ^ 1]?.near.destroy();
      });
      taken?.resume();
    });
    for (const { far } of pairs) far.write('x');
    const before = turns;
    await eventually(() => expect(seen.length).toBe(20));
    expect(turns - before).toBeLessThan(20);
    const again = await pair();
    const { taken, seen: seenOfNew } = take(again.near);
    taken.resume();
    again.far.write('of the new one only');
    await eventually(() => expect(seenOfNew().toString()).toBe('of the new one only'));
  });

  test('what is not a connected plain socket is left alone', async () => {
    const { near, far } = await pair();
    const connecting = connect({ port: 1, host: '127.0.0.1' });
    connecting.on('error', () => {});
    expect(batches?.take(connecting, () => {})).toBeUndefined();
    connecting.destroy();
    expect(batches?.take(connecting, () => {})).toBeUndefined();
    far.end();
    near.on('readable', () => near.read());
    await new Promise((resolve) => near.once('end', resolve));
    expect(batches?.take(near, () => {})).toBeUndefined();
  });

  test('bytes of the pool are written from where they are, and nothing beyond it', async () => {
    const { near, far } = await pair();
    const { taken } = take(near);
    expect(taken.writePooled(10, 18)).toBe(18);
    const received = new Promise<string>((resolve) => far.on('data', (bytes) => resolve(bytes.toString())));
    expect(await received).toBe('but this from the ');
    expect(() => taken.writePooled(10, pool.length)).toThrow('stretch of the pool');
    expect(() => taken.writePooled(pool.length + 1, 0)).toThrow('stretch of the pool');
    near.destroy();
    expect(taken.writePooled(0, 1)).toBe(0);
  });

  test('freed memory is given back when asked for, and what is in use stays', async () => {
    const { near, far } = await pair();
    const { taken, seen } = take(near);
    taken.resume();
    batches?.releaseMemory();
    far.write('still here');
    await eventually(() => expect(seen().toString()).toBe('still here'));
  });
});
