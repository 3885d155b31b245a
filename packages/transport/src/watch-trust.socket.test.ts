import { once } from 'node:events';
import type { Socket } from 'node:net';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, FakeClock } from '@heddle/testkit';
import { afterEach, expect, test } from 'vitest';
import { CredentialCell } from './credential-cell.ts';
import { connectMeshTls } from './mesh-client.ts';
import { acceptMeshTls } from './mesh-server.ts';
import { TcpListener } from './tcp-listener.ts';
import { watchTrust } from './watch-trust.ts';

const name = 'authors.booksapp.serviceaccount.identity.linkerd.cluster.local';
const hourMs = 3_600_000;
const mill = createCertificateMill();
const foreign = createCertificateMill();

const open: TcpListener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

/** A server connection whose peer has a certificate of 24 hours, watched. */
const watched = async (beforeWatch: (credentials: CredentialCell) => void = () => {}) => {
  const clock = new FakeClock(Date.now());
  const credentials = new CredentialCell(mill.trustAnchors, mill.leaf(name));
  const accepted = Promise.withResolvers<Socket>();
  const listener = await TcpListener.listen({ name, host: '127.0.0.1', port: 0, onConnection: accepted.resolve });
  open.push(listener);
  const [server] = await Promise.all([
    accepted.promise.then((raw) => acceptMeshTls(raw, { credentials, clock, handshakeTimeoutMs: 10_000 })),
    connectMeshTls({
      host: '127.0.0.1',
      port: listener.port,
      credentials,
      clock: systemClock,
      serverName: name,
      identity: name,
      connectTimeoutMs: 10_000,
      handshakeTimeoutMs: 10_000,
    }),
  ]);
  const reasons: string[] = [];
  if (server.peer === undefined) throw new Error('the client showed its certificate');
  beforeWatch(credentials);
  watchTrust(server.socket, server.peer, { credentials, clock, onUntrusted: (reason) => reasons.push(reason) });
  return { clock, credentials, socket: server.socket, peer: server.peer, reasons };
};

test('the end of the certificate is the end of the trust, once', async () => {
  const { clock, reasons, peer } = await watched();
  clock.advance(peer.notAfterMs - clock.wallMs());
  expect(reasons).toEqual([]);
  clock.advance(1);
  expect(reasons).toEqual(['expired']);
  clock.advance(48 * hourMs);
  expect(reasons).toEqual(['expired']);
  expect(clock.pendingTimers).toBe(0);
});

test('a clock that is set forward is noticed within the hour', async () => {
  const { clock, reasons } = await watched();
  clock.setWall(clock.wallMs() + 25 * hourMs);
  clock.advance(hourMs);
  expect(reasons).toEqual(['expired']);
});

test('a bundle that no longer leads to the peer, and one that still does', async () => {
  const { credentials, reasons } = await watched();
  credentials.setTrustAnchors([...foreign.trustAnchors, ...mill.trustAnchors]);
  credentials.setCredentials(mill.leaf(name));
  expect(reasons).toEqual([]);
  credentials.setTrustAnchors(foreign.trustAnchors);
  expect(reasons).toEqual(['anchor-dropped']);
  credentials.setTrustAnchors(mill.trustAnchors);
  expect(reasons).toEqual(['anchor-dropped']);
});

test('a bundle that was replaced between the handshake and the watch', async () => {
  const dropped = await watched((credentials) => credentials.setTrustAnchors(foreign.trustAnchors));
  expect(dropped.reasons).toEqual(['anchor-dropped']);
  expect(dropped.clock.pendingTimers).toBe(0);
  const kept = await watched((credentials) =>
    credentials.setTrustAnchors([...mill.trustAnchors, ...foreign.trustAnchors]),
  );
  expect(kept.reasons).toEqual([]);
});

test('nothing is left behind when the connection closes', async () => {
  const { clock, credentials, socket, reasons } = await watched();
  socket.destroy();
  await once(socket, 'close');
  expect(clock.pendingTimers).toBe(0);
  credentials.setTrustAnchors(foreign.trustAnchors);
  expect(reasons).toEqual([]);
});
