import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, eventually } from '@heddle/testkit';
import { afterEach, expect, test } from 'vitest';
import { ownBytes } from './batched-io.ts';
import { CredentialCell } from './credential-cell.ts';
import { lendReads } from './lent-reads.ts';
import { startMeshTls } from './mesh-client.ts';
import { acceptMeshTls } from './mesh-server.ts';
import { peek } from './peek.ts';

const mill = createCertificateMill();
const serverName = 'authors.booksapp.serviceaccount.identity.linkerd.cluster.local';
const cellOf = (name: string): CredentialCell => new CredentialCell(mill.trustAnchors, mill.leaf(name));
const serverCell = cellOf(serverName);
const clientCell = cellOf('books.booksapp.serviceaccount.identity.linkerd.cluster.local');
const shared = { clock: systemClock, handshakeTimeoutMs: 10_000 };

const disposals: (() => unknown)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0).toReversed()) dispose();
});

const pair = async (): Promise<{ server: TLSSocket; client: TLSSocket }> => {
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => listener.once('connection', resolve));
  const raw = connect({ port: (listener.address() as { port: number }).port, allowHalfOpen: true });
  const [near, far] = await Promise.all([
    accepted.then((socket) => acceptMeshTls(socket, { ...shared, credentials: serverCell })),
    startMeshTls(raw, { ...shared, credentials: clientCell, serverName, identity: serverName }),
  ]);
  disposals.push(() => near.socket.destroy() && far.socket.destroy() && listener.close());
  return { server: near.socket, client: far.socket };
};

const lend = (socket: TLSSocket): (() => Buffer) => {
  const chunks: Buffer[] = [];
  expect(lendReads(socket, (bytes) => chunks.push(ownBytes(bytes)))).toBe(true);
  socket.resume();
  return () => Buffer.concat(chunks);
};

test('what detection has looked at comes first, then the rest, in order and whole, both ways', async () => {
  const { server, client } = await pair();
  const sent = randomBytes(2_000_000);
  client.write(sent.subarray(0, 1000));
  await peek(server, { clock: systemClock, timeoutMs: 10_000, maxBytes: 1024 }, () => true);
  const seen = lend(server);
  client.write(sent.subarray(1000));
  await eventually(() => expect(seen().length).toBe(sent.length));
  expect(seen().equals(sent)).toBe(true);
  const seenByClient = lend(client);
  server.write(sent);
  await eventually(() => expect(seenByClient().equals(sent)).toBe(true));
});

test('the end is told as ever', async () => {
  const { server, client } = await pair();
  const seen = lend(server);
  const ended = once(server, 'end');
  client.end('last words');
  await ended;
  expect(seen().toString()).toBe('last words');
  const closed = once(server, 'close');
  server.end();
  await closed;
  expect(lendReads(server, () => {})).toBe(false);
});

test('a socket whose bytes are lent already, or that has no TLS, is left alone', async () => {
  const { server } = await pair();
  lend(server);
  expect(lendReads(server, () => {})).toBe(false);
  const plain = connect({ port: 1, host: '127.0.0.1' });
  plain.on('error', () => {});
  expect(lendReads(plain, () => {})).toBe(false);
  plain.destroy();
});
