import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { eventually, FakeClock } from '@heddle/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { type Relay, startRelay } from './relay.ts';

const opened: { destroy(): void }[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) each.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A connected pair of sockets. */
const pair = async (): Promise<[Socket, Socket]> => {
  const server = createServer({ allowHalfOpen: true });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const near = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true });
  const [far] = (await once(server, 'connection')) as [Socket];
  opened.push(near, far);
  for (const socket of [near, far]) socket.on('error', () => {});
  return [near, far];
};

interface Relayed {
  readonly client: Socket;
  readonly server: Socket;
  readonly relay: Relay;
  /** The relay's end of the client's connection. */
  readonly accepted: Socket;
}

/** client <-> relay <-> server. */
const relayed = async (): Promise<Relayed> => {
  const [client, accepted] = await pair();
  const [dialled, server] = await pair();
  return { client, server, accepted, relay: startRelay(accepted, dialled) };
};

const readAll = async (socket: Socket): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => chunks.push(bytes));
  await once(socket, 'end');
  return Buffer.concat(chunks);
};

test('each direction ends on its own', async () => {
  const { client, server, relay } = await relayed();
  client.end('request');
  expect((await readAll(server)).toString()).toBe('request');
  server.end('response after the request ended');
  expect((await readAll(client)).toString()).toBe('response after the request ended');
  expect(await relay.end).toEqual({ kind: 'done' });
});

test('a reader that stalls stops the sender instead of filling memory', async () => {
  const { client, server, accepted } = await relayed();
  let mostHeld = 0;
  const look = (): void => {
    mostHeld = Math.max(mostHeld, accepted.writableLength);
    if (!accepted.writableEnded) setImmediate(look);
  };
  look();
  const block = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 64; i += 1) server.write(block);
  server.end();
  expect((await readAll(client)).length).toBe(64 * block.length);
  expect(mostHeld).toBeLessThan(block.length);
});

test('a broken side ends the other', async () => {
  const { client, server, relay } = await relayed();
  server.resetAndDestroy();
  expect(await relay.end).toEqual({ kind: 'failed', side: 'server', errno: 'ECONNRESET' });
  await once(client.resume(), 'end');
});

test('stopping ends both at once', async () => {
  const { client, server, relay } = await relayed();
  relay.stop('revoked');
  relay.stop('again');
  await Promise.all([once(client.resume(), 'end'), once(server.resume(), 'end')]);
  expect(await relay.end).toEqual({ kind: 'ended', reason: 'revoked' });
});

describe('draining', () => {
  const quietMs = 1000;
  const draining = async (): Promise<Relayed & { clock: FakeClock }> => {
    const clock = new FakeClock();
    const made = await relayed();
    made.relay.drain(clock, quietMs);
    return { ...made, clock };
  };

  test('nothing ends while bytes move', async () => {
    const { client, server, clock } = await draining();
    for (const piece of ['a', 'b', 'c', 'd']) {
      client.write(piece);
      expect(String(await once(server, 'data'))).toBe(piece);
      server.write(piece);
      expect(String(await once(client, 'data'))).toBe(piece);
      clock.advance(quietMs);
    }
    expect([client.readableEnded, server.readableEnded]).toEqual([false, false]);
  });

  test('when all is quiet the server sees the end, may still say something, and both sides close in order', async () => {
    const { client, server, relay, clock } = await draining();
    clock.advance(quietMs);
    expect(await readAll(server)).toEqual(Buffer.alloc(0));
    server.end('goodbye');
    expect((await readAll(client)).toString()).toBe('goodbye');
    client.end();
    expect(await relay.end).toEqual({ kind: 'done' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('a side that does not follow is closed after another quiet time', async () => {
    const { client, server, relay, clock } = await draining();
    clock.advance(quietMs);
    await readAll(server);
    clock.advance(quietMs);
    await once(client.resume(), 'end');
    expect(await relay.end).toEqual({ kind: 'ended', reason: 'drained' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('what the client sends too late makes it no orderly end', async () => {
    const { client, server, relay, clock } = await draining();
    clock.advance(quietMs);
    await readAll(server);
    client.end('too late');
    await eventually(() => expect(client.writableFinished).toBe(true));
    server.end();
    await readAll(client);
    expect(await relay.end).toEqual({ kind: 'ended', reason: 'drained' });
  });
});
