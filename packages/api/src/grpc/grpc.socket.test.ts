import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { systemClock, WatchCell } from '@heddle/runtime';
import { type CertificateMill, createCertificateMill, eventually, FakeClock } from '@heddle/testkit';
import { CredentialCell, connectMeshTls } from '@heddle/transport';
import { afterEach, describe, expect, test } from 'vitest';
import {
  Destination,
  DestinationProfileSchema,
  GetDestinationSchema,
  UpdateSchema,
} from '../gen/io/linkerd/proxy/destination_pb.ts';
import { CertifyRequestSchema, CertifyResponseSchema, Identity } from '../gen/io/linkerd/proxy/identity_pb.ts';
import type { CallContext } from './call-context.ts';
import { GrpcClient, type GrpcSecurity } from './client.ts';
import type { NameLookup } from './name-lookup.ts';
import { RpcError } from './rpc-error.ts';
import { GrpcServer, type GrpcServerOptions } from './server.ts';
import { serveWith } from './service.ts';

const serverName = 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local';
const clientName = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const mill = createCertificateMill();
const foreign = createCertificateMill();
const cellOf = (name: string, from: CertificateMill = mill): CredentialCell =>
  new CredentialCell(mill.trustAnchors, from.leaf(name));
const mesh = (credentials = cellOf(clientName)): GrpcSecurity => ({ kind: 'mesh', credentials, serverName });
const anonymous: GrpcSecurity = {
  kind: 'mesh',
  credentials: new CredentialCell(mill.trustAnchors),
  serverName,
  clientCertificate: 'omit',
};

const profiles = new WatchCell(create(DestinationProfileSchema, { fullyQualifiedName: 'first' }));
const callers: CallContext[] = [];
const reported: unknown[] = [];
const refused: string[] = [];
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
  callers.length = 0;
  reported.length = 0;
  refused.length = 0;
});

let endless = { produced: 0 };
const services = [
  serveWith(Identity, {
    certify: async (request, call) => {
      callers.push(call);
      if (request.identity === 'refuse') throw new RpcError('failed-precondition', 'the token is not yours');
      if (request.identity === 'break') throw new Error('secret detail');
      if (request.identity === 'hang') await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
      return create(CertifyResponseSchema, { leafCertificate: request.certificateSigningRequest });
    },
  }),
  serveWith(Destination, {
    getProfile: (_, call) => {
      callers.push(call);
      return profiles.changes(call.signal);
    },
    async *get(request, call) {
      callers.push(call);
      if (request.path === 'refuse') throw new RpcError('invalid-argument', 'not an authority');
      const mine = endless;
      const filler = 'x'.repeat(64 * 1024);
      while (request.path === 'endless') {
        mine.produced += 1;
        yield create(UpdateSchema, { update: { case: 'add', value: { metricLabels: { filler } } } });
      }
      yield create(UpdateSchema, { update: { case: 'noEndpoints', value: { exists: false } } });
    },
  }),
];

const serve = async (options: Partial<GrpcServerOptions> = {}): Promise<GrpcServer> => {
  const server = await GrpcServer.listen({
    name: 'test API',
    host: '127.0.0.1',
    port: 0,
    services,
    credentials: cellOf(serverName),
    clock: systemClock,
    clientCertificate: 'required',
    reportError: (error) => reported.push(error),
    onRefused: (peerIp, error) => refused.push(`${peerIp} ${error.code}`),
    ...options,
  });
  open.push(server);
  return server;
};

const dial = (port: number, security = mesh(), address = `127.0.0.1:${port}`): GrpcClient => {
  const client = new GrpcClient({ address, security, clock: systemClock, reconnect: { minMs: 10, maxMs: 50 } });
  open.push(client);
  return client;
};

const csr = new Uint8Array([1, 2, 3]);
const certify = (
  client: GrpcClient,
  identity = clientName,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
) =>
  client.unary(Identity.method.certify, create(CertifyRequestSchema, { identity, certificateSigningRequest: csr }), {
    timeoutMs: 10_000,
    ...options,
  });

/** Everything a stream says, for looking at. */
const watch = (client: GrpcClient) => {
  const names: string[] = [];
  const ended = Promise.withResolvers<RpcError | undefined>();
  const call = client.stream(Destination.method.getProfile, create(GetDestinationSchema, {}), {
    onMessage: (message) => names.push(message.fullyQualifiedName),
    onEnd: ended.resolve,
  });
  return { names, ended: ended.promise, call };
};

describe('over mesh TLS without ALPN', () => {
  test('a call is answered, and its handler knows the caller', async () => {
    const { port } = await serve();
    const response = await certify(dial(port));
    expect([...response.leafCertificate]).toEqual([...csr]);
    expect(callers[0]).toMatchObject({ identity: clientName, peerIp: '127.0.0.1', isLoopbackCleartext: false });
  });

  test('the server may be found by name', async () => {
    const { port } = await serve({ host: 'localhost' });
    await certify(dial(port, mesh(), `localhost.:${port}`));
  });

  test('the server may be found by SRV, port and all, and again when it has moved', async () => {
    const first = await serve();
    let port = first.port;
    const asked: string[] = [];
    const names: NameLookup = {
      srv: async (name) => {
        asked.push(name);
        return [{ name: 'pod-1', port }];
      },
      addresses: async () => ['127.0.0.1'],
    };
    const clock = new FakeClock(Date.now());
    const client = new GrpcClient({
      address: 'linkerd-dst-headless.linkerd.svc.cluster.local.:8086',
      security: mesh(),
      clock,
      reconnect: { minMs: 10, maxMs: 50 },
      names,
    });
    open.push(client);
    await certify(client);
    expect(asked).toEqual(['linkerd-dst-headless.linkerd.svc.cluster.local']);

    await first.close();
    ({ port } = await serve());
    // Whoever asks again waits until five seconds have passed since it asked before.
    await expect(certify(client)).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(1);
    clock.advance(5000);
    await eventually(() => certify(client));
    expect(asked).toHaveLength(2);
  });

  test('a stream sends the current value, then changes', async () => {
    const { port } = await serve();
    profiles.set(create(DestinationProfileSchema, { fullyQualifiedName: 'one' }));
    const { names, call } = watch(dial(port));
    await eventually(() => expect(names).toEqual(['one']));
    profiles.set(create(DestinationProfileSchema, { fullyQualifiedName: 'two' }));
    await eventually(() => expect(names).toEqual(['one', 'two']));
    expect(callers[0]?.identity).toBe(clientName);
    call.cancel();
    await eventually(() => expect(callers[0]?.signal.aborted).toBe(true));
  });

  test('a stream ends with a status, or without one', async () => {
    const { port } = await serve();
    const client = dial(port);
    const outcome = async (path: string) => {
      const ended = Promise.withResolvers<RpcError | undefined>();
      let count = 0;
      client.stream(Destination.method.get, create(GetDestinationSchema, { path }), {
        onMessage: () => {
          count += 1;
        },
        onEnd: ended.resolve,
      });
      const error = await ended.promise;
      return [count, error?.code, error?.message];
    };
    expect(await outcome('refuse')).toEqual([0, 'invalid-argument', 'not an authority']);
    expect(await outcome('finite')).toEqual([1, undefined, undefined]);
  });

  test('a handler that refuses, breaks, or takes too long', async () => {
    const { port } = await serve();
    const client = dial(port);
    await expect(certify(client, 'refuse')).rejects.toMatchObject({
      code: 'failed-precondition',
      message: 'the token is not yours',
    });
    await expect(certify(client, 'break')).rejects.toMatchObject({ code: 'internal', message: 'internal error' });
    expect(reported).toEqual([new Error('secret detail')]);
    await expect(certify(client, 'hang', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'deadline-exceeded' });
    const controller = new AbortController();
    const hanging = certify(client, 'hang', { signal: controller.signal });
    await eventually(() => expect(callers.length).toBe(4));
    controller.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'cancelled' });
    await eventually(() => expect(callers.map(({ signal }) => signal.aborted)).toEqual([true, true, true, true]));
  });

  test('a request that is too big is refused', async () => {
    const { port } = await serve({ maxRequestBytes: 1000 });
    await expect(certify(dial(port), 'x'.repeat(2000))).rejects.toMatchObject({ code: 'resource-exhausted' });
  });
});

describe('over mesh TLS with ALPN', () => {
  test('a client that offers h2 gets it', async () => {
    const { port } = await serve();
    const { socket, alpn } = await connectMeshTls({
      host: '127.0.0.1',
      port,
      credentials: cellOf(clientName),
      clock: systemClock,
      serverName,
      identity: serverName,
      alpn: ['h2'],
      connectTimeoutMs: 5000,
      handshakeTimeoutMs: 5000,
    });
    expect(alpn).toBe('h2');
    const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => socket });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/io.linkerd.proxy.identity.Identity/Certify',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
    const [trailers] = await once(stream.resume(), 'trailers');
    expect(trailers['grpc-status']).toBe('0');
    expect(callers[0]?.identity).toBe(clientName);
    session.close();
  });
});

describe('who may connect', () => {
  test('without a certificate: refused where one is required', async () => {
    const { port } = await serve();
    await expect(certify(dial(port, anonymous))).rejects.toMatchObject({ code: 'unavailable' });
    expect(refused[0]).toBe('127.0.0.1 untrusted');
    expect(callers).toEqual([]);
  });

  test('without a certificate: an anonymous caller where it is optional', async () => {
    const { port } = await serve({ clientCertificate: 'optional' });
    await certify(dial(port, anonymous));
    expect(callers[0]).toMatchObject({ identity: undefined, isLoopbackCleartext: false });
    await certify(dial(port));
    expect(callers[1]).toMatchObject({ identity: clientName });
  });

  test('a certificate of another mesh is refused, optional or not', async () => {
    const { port } = await serve({ clientCertificate: 'optional' });
    const stranger = dial(port, mesh(cellOf(clientName, foreign)));
    await expect(certify(stranger)).rejects.toMatchObject({ code: 'unavailable' });
    expect(refused[0]).toBe('127.0.0.1 untrusted');
  });

  test('a server that is somebody else is not spoken to', async () => {
    const { port } = await serve({ credentials: cellOf(clientName) });
    await expect(certify(dial(port))).rejects.toMatchObject({ code: 'unavailable' });
    expect(callers).toEqual([]);
  });

  test('in clear: refused, unless it is allowed and comes from loopback', async () => {
    const closed = await serve();
    await expect(certify(dial(closed.port, { kind: 'cleartext' }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(refused[0]).toBe('127.0.0.1 handshake');
    const { port } = await serve({ cleartextFromLoopback: true });
    await certify(dial(port, { kind: 'cleartext' }));
    expect(callers[0]).toMatchObject({ identity: undefined, isLoopbackCleartext: true });
    await certify(dial(port));
    expect(callers[1]).toMatchObject({ identity: clientName, isLoopbackCleartext: false });
  });

  test('a connection ends when its certificate does, and the next one uses the new certificate', async () => {
    const clock = new FakeClock(Date.now());
    const { port } = await serve({ clock });
    const credentials = new CredentialCell(mill.trustAnchors, mill.leaf(clientName, { lifetimeMs: 3_600_000 }));
    const client = dial(port, mesh(credentials));
    const { ended, names } = watch(client);
    await eventually(() => expect(names.length).toBe(1));
    credentials.setCredentials(mill.leaf(clientName));
    clock.advance(2 * 3_600_000);
    expect((await ended)?.code).toBe('unavailable');
    await eventually(() => certify(client));
  });

  test('a connection ends when its trust anchor is dropped', async () => {
    const both = [...mill.trustAnchors, ...foreign.trustAnchors];
    const credentials = new CredentialCell(both, mill.leaf(serverName));
    const { port } = await serve({ credentials });
    const stays = watch(dial(port));
    const goes = watch(dial(port, mesh(new CredentialCell(both, foreign.leaf(clientName)))));
    await eventually(() => expect([stays.names.length, goes.names.length]).toEqual([1, 1]));
    credentials.setTrustAnchors(mill.trustAnchors);
    expect((await goes.ended)?.code).toBe('unavailable');
    const marker = create(DestinationProfileSchema, { fullyQualifiedName: 'still here' });
    profiles.set(marker);
    await eventually(() => expect(stays.names.at(-1)).toBe('still here'));
    expect(goes.names).toHaveLength(1);
  });
});

describe('a flood', () => {
  /** Connections that say nothing, and how many of them are still open. */
  const silent = async (port: number, count: number): Promise<() => number> => {
    const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
    open.push({ close: () => sockets.forEach((socket) => void socket.destroy()) });
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'connect')));
    return () => sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length;
  };

  test('of handshakes is refused ahead of TLS, and who is connected goes on', async () => {
    const server = await serve();
    const client = dial(server.port);
    await certify(client);
    const isOpen = await silent(server.port, 300);
    await eventually(() => expect(refused).toHaveLength(300 - 256));
    expect(new Set(refused)).toEqual(new Set(['127.0.0.1 overloaded']));
    await eventually(() => expect(isOpen()).toBe(256));
    await certify(client);
  });

  test.each([
    ['in all', { maxConnections: 3 }],
    ['of one peer', { maxConnectionsPerPeer: 3 }],
  ])('of connections is bounded, %s, and there is room again when others end', async (_what, limits) => {
    const server = await serve(limits);
    const client = dial(server.port);
    await certify(client);
    const [first, second] = [await silent(server.port, 1), await silent(server.port, 1)];
    const third = await silent(server.port, 1);
    await eventually(() => expect(third()).toBe(0));
    expect([first(), second()]).toEqual([1, 1]);
    expect(refused).toEqual(['127.0.0.1 overloaded']);
    await certify(client);
    open.pop()?.close();
    open.pop()?.close();
    await eventually(() => expect(server.connections).toBe(2));
    await certify(dial(server.port));
  });
});

describe('load and life', () => {
  test('a thousand streams each get the current value and every change', async () => {
    const { port } = await serve();
    profiles.set(create(DestinationProfileSchema, { fullyQualifiedName: 'before' }));
    const client = dial(port);
    const watches = Array.from({ length: 1000 }, () => watch(client));
    await eventually(() => expect(watches.every(({ names }) => names.length === 1)).toBe(true));
    profiles.set(create(DestinationProfileSchema, { fullyQualifiedName: 'after' }));
    await eventually(() => expect(watches.every(({ names }) => names.at(-1) === 'after')).toBe(true));
    for (const { call } of watches) call.cancel();
    await eventually(() => expect(callers.every(({ signal }) => signal.aborted)).toBe(true));
  });

  test('a slow reader holds its own stream back, and nobody else', async () => {
    const { port } = await serve();
    endless = { produced: 0 };
    const client = dial(port);
    let received = 0;
    const slow = client.stream(Destination.method.get, create(GetDestinationSchema, { path: 'endless' }), {
      onMessage: () => {
        received += 1;
        if (received === 1) slow.pause();
      },
      onEnd: () => {},
    });
    await eventually(() => expect(received).toBeGreaterThan(0));
    // The handler stops producing once buffers are full, and calls beside it are answered meanwhile.
    await eventually(async () => {
      const before = endless.produced;
      for (let call = 0; call < 5; call += 1) await certify(client);
      expect(endless.produced).toBe(before);
    });
    expect(endless.produced).toBeLessThan(100);
    const held = endless.produced;
    slow.resume();
    await eventually(() => expect(received).toBeGreaterThan(held));
    slow.cancel();
  });

  test('draining refuses new connections, lets calls finish and ends streams at the end', async () => {
    const clock = new FakeClock(Date.now());
    const server = await serve({ clock });
    const client = dial(server.port);
    const { names, ended } = watch(client);
    await eventually(() => expect(names.length).toBe(1));
    const draining = server.drain(1000);
    await expect(certify(dial(server.port))).rejects.toMatchObject({ code: 'unavailable' });
    profiles.set(create(DestinationProfileSchema, { fullyQualifiedName: 'last words' }));
    await eventually(() => expect(names.at(-1)).toBe('last words'));
    clock.advance(1000);
    await draining;
    expect((await ended)?.code).toBe('unavailable');
  });

  test('a client finds a server that comes back', async () => {
    const first = await serve();
    const client = dial(first.port);
    await certify(client);
    await first.close();
    await expect(certify(client)).rejects.toMatchObject({ code: 'unavailable' });
    await serve({ port: first.port });
    await eventually(() => certify(client));
  });
});
