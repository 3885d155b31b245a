import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
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
