import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { systemClock } from '@heddle/runtime';
import { type CertificateMill, createCertificateMill, FakeClock, type MilledLeaf, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CredentialCell } from './credential-cell.ts';
import { connectMeshTls, type MeshClientOptions } from './mesh-client.ts';
import { isStillTrusted } from './mesh-peer.ts';
import { acceptMeshTls, type MeshServerConnection, type MeshServerOptions } from './mesh-server.ts';
import type { TcpClientOptions } from './tcp-client.ts';
import { connectTcp } from './tcp-client.ts';
import { TcpListener } from './tcp-listener.ts';
import { transportHeaderAlpn } from './tls-parameters.ts';
import { TransportError } from './transport-error.ts';

const serverName = 'authors.booksapp.serviceaccount.identity.linkerd.cluster.local';
const clientName = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const dayMs = 24 * 3_600_000;
// Authorities older than the leaves, so that a leaf can be out of date under an issuer that is not.
const mill = createCertificateMill({ nowMs: Date.now() - 30 * dayMs });
const foreign = createCertificateMill({ nowMs: Date.now() - 30 * dayMs });
const fresh = (from: CertificateMill, name: string): MilledLeaf => from.leaf(name, { nowMs: Date.now() });
const outOfDate = (from: CertificateMill, name: string): MilledLeaf =>
  from.leaf(name, { nowMs: Date.now() - 2 * dayMs });

const serverCell = new CredentialCell(mill.trustAnchors, fresh(mill, serverName));
const clientCell = new CredentialCell(mill.trustAnchors, fresh(mill, clientName));

let listener: TcpListener;
let accepted: PromiseWithResolvers<Socket>;
beforeEach(async () => {
  accepted = Promise.withResolvers<Socket>();
  listener = await TcpListener.listen({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => accepted.resolve(socket),
  });
});
afterEach(() => listener.close());

/** The next accepted connection, its TLS terminated. */
const serve = async (options: Partial<MeshServerOptions> = {}): Promise<MeshServerConnection> =>
  acceptMeshTls(await accepted.promise, {
    credentials: serverCell,
    clock: systemClock,
    handshakeTimeoutMs: 10_000,
    ...options,
  });

const dial = (options: Partial<MeshClientOptions & TcpClientOptions> = {}) =>
  connectMeshTls({
    host: '127.0.0.1',
    port: listener.port,
    credentials: clientCell,
    clock: systemClock,
    serverName,
    identity: serverName,
    connectTimeoutMs: 10_000,
    handshakeTimeoutMs: 10_000,
    ...options,
  });

const outcome = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    return error instanceof TransportError ? error.code : String(error);
  }
};

describe('a handshake between two of us', () => {
  test('proves both identities, with TLS 1.3 and the post-quantum hybrid group', async () => {
    const [server, client] = await Promise.all([serve(), dial()]);
    expect(server).toMatchObject({
      alpn: undefined,
      sni: serverName,
      tlsVersion: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
    });
    expect(server.peer?.identity).toBe(clientName);
    expect(server.peer?.notAfterMs).toBe(clientCell.value.credentials?.leaf.notAfterMs);
    expect(client).toMatchObject({ alpn: undefined, tlsVersion: 'TLSv1.3', group: 'X25519MLKEM768' });
    expect(client.peer.identity).toBe(serverName);
  });

  test('without a client certificate there is TLS and no identity', async () => {
    const anonymous = new CredentialCell(mill.trustAnchors);
    const [server] = await Promise.all([serve(), dial({ credentials: anonymous, clientCertificate: 'omit' })]);
    expect(server.peer).toBeUndefined();
  });

  test.each([
    ['offered and known', [transportHeaderAlpn], [transportHeaderAlpn], 'ok', transportHeaderAlpn],
    ['not offered', [transportHeaderAlpn], [], 'ok', undefined],
    ['offered and not known', [], ['h2'], 'ok', undefined],
    ['the server prefers', ['h2', 'http/1.1'], ['http/1.1', 'h2'], 'ok', 'h2'],
    ['nothing in common', [transportHeaderAlpn], ['h2'], 'handshake', undefined],
  ])('ALPN %s', async (_, known, offered, expected, agreed) => {
    const [server, client] = await Promise.allSettled([serve({ alpn: known }), dial({ alpn: offered })]);
    expect(await outcome(server.status === 'fulfilled' ? Promise.resolve() : Promise.reject(server.reason))).toBe(
      expected,
    );
    expect(server.status === 'fulfilled' ? server.value.alpn : undefined).toBe(agreed);
    expect(client.status === 'fulfilled' ? client.value.alpn : undefined).toBe(agreed);
  });

  test('bytes that were peeked at are not lost', async () => {
    const serving = accepted.promise.then(async (socket) => {
      await once(socket, 'readable');
      const bytes: Buffer = socket.read();
      socket.unshift(bytes);
      expect(bytes[0]).toBe(0x16);
      return serve();
    });
    const [server] = await Promise.all([serving, dial()]);
    expect(server.peer?.identity).toBe(clientName);
  });

  test('each side can end its direction and go on reading', async () => {
    const [server, client] = await Promise.all([serve(), dial()]);
    const [left, right] = [new RawClient(client.socket), new RawClient(server.socket)];
    client.socket.end('question');
    expect((await right.untilEnd()).toString()).toBe('question');
    server.socket.end('answer');
    expect((await left.untilEnd()).toString()).toBe('answer');
  });

  test('destroying the TLS socket frees the connection below', async () => {
    const [server] = await Promise.all([serve(), dial()]);
    expect(listener.connections).toBe(1);
    server.socket.destroy();
    await once(await accepted.promise, 'close');
    expect(listener.connections).toBe(0);
  });

  test('no session is resumed: every connection proves its identity', async () => {
    const resumable = async (session?: Buffer): Promise<{ socket: TLSSocket; session: Buffer }> => {
      accepted = Promise.withResolvers<Socket>();
      const socket = connectTls({
        port: listener.port,
        servername: serverName,
        secureContext: clientCell.value.context,
        checkServerIdentity: () => undefined,
        ...(session === undefined ? {} : { session }),
      });
      const offered = once(socket, 'session');
      await serve();
      socket.resume();
      const [ticket] = (await offered) as [Buffer];
      return { socket, session: ticket };
    };
    const first = await resumable();
    const second = await resumable(first.session);
    expect(second.socket.isSessionReused()).toBe(false);
    first.socket.destroy();
    second.socket.destroy();
  });
});

describe('a peer that is not to be trusted', () => {
  test.each([
    ['of another trust anchor', new CredentialCell(mill.trustAnchors, fresh(foreign, clientName))],
    ['out of date', new CredentialCell(mill.trustAnchors, outOfDate(mill, clientName))],
  ])('a client certificate %s ends the connection', async (_, credentials) => {
    const [server, client] = await Promise.allSettled([serve(), dial({ credentials })]);
    expect(server.status === 'rejected' && server.reason).toMatchObject({ code: 'untrusted' });
    // TLS 1.3: the client is done before the server has seen its certificate; then it is hung up on.
    if (client.status === 'fulfilled') await new RawClient(client.value.socket).untilEnd();
    expect(listener.connections).toBe(0);
  });

  test.each([
    ['of another trust anchor', new CredentialCell(foreign.trustAnchors, fresh(foreign, serverName)), 'untrusted'],
    ['out of date', new CredentialCell(mill.trustAnchors, outOfDate(mill, serverName)), 'untrusted'],
    ['of somebody else', new CredentialCell(mill.trustAnchors, fresh(mill, clientName)), 'wrong-identity'],
  ])('a server certificate %s ends the connection', async (_, credentials, code) => {
    const [server, client] = await Promise.allSettled([serve({ credentials }), dial()]);
    expect(client.status === 'rejected' && client.reason).toMatchObject({ code });
    if (server.status === 'fulfilled') await new RawClient(server.value.socket).untilEnd();
  });

  test('trust is asked again when the bundle changes or time passes', async () => {
    const [server] = await Promise.all([serve(), dial()]);
    const peer = server.peer;
    if (peer === undefined) throw new Error('the client showed its certificate');
    expect(isStillTrusted(peer, mill.trustAnchors, Date.now())).toBe(true);
    expect(isStillTrusted(peer, [...foreign.trustAnchors, ...mill.trustAnchors], Date.now())).toBe(true);
    expect(isStillTrusted(peer, foreign.trustAnchors, Date.now())).toBe(false);
    expect(isStillTrusted(peer, mill.trustAnchors, peer.notAfterMs + 1)).toBe(false);
  });
});

describe('a peer that does not speak mesh TLS', () => {
  test('TLS 1.2 is refused', async () => {
    const serving = outcome(serve());
    const socket = connectTls({ port: listener.port, maxVersion: 'TLSv1.2', rejectUnauthorized: false });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(await serving).toBe('handshake');
    expect(error.message).toMatch(/protocol version|EPROTO/);
  });

  test.each([
    ['text', 'GET / HTTP/1.1\r\n\r\n'],
    ['a record that is not a ClientHello', '\x16\x03\x01\x00\x04\x02\x00\x00\x00'],
    ['a ClientHello that is cut short inside', '\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03'],
  ])('%s is refused', async (_, bytes) => {
    await using client = await RawClient.connect(listener.port);
    const serving = outcome(serve());
    await client.send(bytes);
    expect(await serving).toBe('handshake');
    await client.untilEnd();
  });

  test('half a record that never goes on runs into the deadline', async () => {
    const clock = new FakeClock();
    await using client = await RawClient.connect(listener.port);
    await client.send('\x16\x03\x01\x02\x00\x01');
    const raw = await accepted.promise;
    const serving = outcome(acceptMeshTls(raw, { credentials: serverCell, clock, handshakeTimeoutMs: 10_000 }));
    clock.advance(10_000);
    expect(await serving).toBe('timeout');
    await client.untilEnd();
  });

  test('a client that leaves in the middle', async () => {
    await using client = await RawClient.connect(listener.port);
    const serving = outcome(serve());
    await client.send('\x16\x03\x01\x02\x00\x01');
    client.socket.destroy();
    expect(await serving).toBe('closed');
  });

  test('a server that never answers, one that hangs up, one that talks nonsense, one that is not there', async () => {
    const clock = new FakeClock();
    const silent = outcome(dial({ clock }));
    const raw = await accepted.promise;
    await once(raw, 'readable');
    clock.advance(10_000);
    expect(await silent).toBe('timeout');

    accepted = Promise.withResolvers<Socket>();
    const closing = outcome(dial());
    (await accepted.promise).destroy();
    expect(await closing).toBe('closed');

    accepted = Promise.withResolvers<Socket>();
    const nonsense = outcome(dial());
    (await accepted.promise).end('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await nonsense).toBe('handshake');

    await listener.close();
    expect(await outcome(dial())).toBe('refused');
  });

  test('the caller may give up', async () => {
    const controller = new AbortController();
    const dialling = outcome(dial({ signal: controller.signal }));
    await once(await accepted.promise, 'readable');
    controller.abort();
    expect(await dialling).toBe('aborted');
    expect(await outcome(dial({ signal: controller.signal }))).toBe('aborted');
  });
});

describe('credentials', () => {
  test('before the first certificate nothing is accepted, and nothing dialled that needs one', async () => {
    const empty = new CredentialCell(mill.trustAnchors);
    expect(await outcome(dial({ credentials: empty }))).toBe('no-credentials');
    accepted = Promise.withResolvers<Socket>();
    const raw = await connectTcp({
      host: '127.0.0.1',
      port: listener.port,
      clock: systemClock,
      connectTimeoutMs: 10_000,
    });
    expect(await outcome(serve({ credentials: empty }))).toBe('no-credentials');
    raw.destroy();
  });

  test('a renewed certificate serves new connections and leaves open ones alone', async () => {
    const cell = new CredentialCell(mill.trustAnchors, fresh(mill, serverName));
    const seen: number[] = [];
    cell.subscribe(({ generation }) => seen.push(generation));
    const [before, beforeClient] = await Promise.all([serve({ credentials: cell }), dial()]);

    const renewed = fresh(mill, serverName);
    cell.setCredentials(renewed);
    accepted = Promise.withResolvers<Socket>();
    const [after, afterClient] = await Promise.all([serve({ credentials: cell }), dial()]);

    expect(seen).toEqual([1]);
    expect([before.generation, after.generation]).toEqual([0, 1]);
    expect(afterClient.peer.leaf.serialHex).toBe(renewed.leaf.serialHex);
    expect(beforeClient.peer.leaf.serialHex).not.toBe(renewed.leaf.serialHex);
    before.socket.end('still here');
    expect((await new RawClient(beforeClient.socket).untilEnd()).toString()).toBe('still here');
  });

  test('overlapping bundles carry a mesh from one anchor to the next', async () => {
    const cell = new CredentialCell(mill.trustAnchors, fresh(mill, serverName));
    cell.setTrustAnchors([...mill.trustAnchors, ...foreign.trustAnchors]);
    const newcomer = new CredentialCell([...mill.trustAnchors, ...foreign.trustAnchors], fresh(foreign, clientName));
    const [server] = await Promise.all([serve({ credentials: cell }), dial({ credentials: newcomer })]);
    expect(server.peer?.identity).toBe(clientName);
  });

  test('what does not belong together changes nothing', () => {
    const cell = new CredentialCell(mill.trustAnchors, fresh(mill, serverName));
    const { context } = cell.value;
    const [one, other] = [fresh(mill, serverName), fresh(mill, serverName)];
    expect(() => cell.setCredentials({ ...one, key: other.key })).toThrow(/mismatch/);
    expect(() => cell.setTrustAnchors([])).toThrow('at least one trust anchor');
    expect(cell.value.context).toBe(context);
    expect(cell.value.generation).toBe(0);
  });
});

test('nothing of what is said can be read on the wire', async () => {
  const recorded: Buffer[] = [];
  const relay = await TcpListener.listen({
    name: 'relay',
    host: '127.0.0.1',
    port: 0,
    onConnection: (near) => {
      void connectTcp({ host: '127.0.0.1', port: listener.port, clock: systemClock, connectTimeoutMs: 10_000 }).then(
        (far) => {
          near.on('data', (chunk: Buffer) => recorded.push(chunk) && far.write(chunk));
          far.on('data', (chunk: Buffer) => recorded.push(chunk) && near.write(chunk));
          near.on('close', () => far.destroy());
          far.on('close', () => near.destroy());
        },
      );
    },
  });
  const [server, client] = await Promise.all([serve(), dial({ port: relay.port })]);
  const [left, right] = [new RawClient(client.socket), new RawClient(server.socket)];
  await left.send('the question is secret');
  await right.untilText('secret');
  await right.send('the answer is secret');
  await left.untilText('secret');
  const wire = Buffer.concat(recorded).toString('latin1');
  // The server name travels in clear (RFC 8446 section 4.1.2): proof that the recorder records.
  expect(wire).toContain(serverName);
  expect(wire).not.toContain('secret');
  // Client identities do not: certificates are encrypted in TLS 1.3.
  expect(wire).not.toContain('books.booksapp');
  await relay.close();
});
