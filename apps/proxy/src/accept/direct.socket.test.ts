import { createServer } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { InboundPolicy } from '@heddle/policy';
import { anybody, grant, httpPolicy, httpRoute, identities, identityOf } from '@heddle/policy/testing';
import { createCertificateMill, eventually, freePort, RawClient } from '@heddle/testkit';
import { encodeTransportHeader } from '@heddle/wire/transport-header';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { connectDirect, connectMeshPeer } from '../testing/mesh-peer.ts';
import { startTestProxy, type TestProxy } from '../testing/test-proxy.ts';

const ip = '127.9.0.4';
const web = identityOf('web');
const plane = new FakeControlPlane();
const { mill } = plane;
const foreign = createCertificateMill();
const disposals: (() => unknown)[] = [];
let port = 0;
let httpPort = 0;

beforeEach(async () => {
  await plane.start();
  port = await freePort(ip);
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  disposals.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
};

const start = async (application: Server, environment: Record<string, string> = {}): Promise<TestProxy> => {
  httpPort = await listen(application);
  const proxy = await startTestProxy({
    plane,
    account: 'authors',
    ip,
    inbound: new Map([[port, httpPort]]),
    environment,
  });
  disposals.push(() => proxy.stop());
  await eventually(async () => expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(200));
  return proxy;
};

const echoHeaders = () =>
  createServer((request, response) => {
    response.end(`${request.httpVersion} ${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
  });

/** node:http2 as the peer. It must not begin while a write of ours is under way. */
const http2Session = async (proxy: TestProxy): Promise<ClientHttp2Session> => {
  const { socket } = await connectMeshPeer(proxy, { mill, identity: web });
  const header = encodeTransportHeader({ port, name: undefined, sessionProtocol: 'http2' });
  await new Promise((resolve) => socket.write(header, resolve));
  const session = connectHttp2('http://authors', { createConnection: () => socket });
  disposals.push(() => session.destroy());
  return session;
};

const http2Frame = (type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
};
/** `GET http://a/`, of HPACK's static table. */
const getRoot = Buffer.from([0x82, 0x84, 0x86, 0x41, 0x01, 0x61]);

const direct = async (...args: Parameters<typeof connectDirect>): Promise<RawClient> => {
  const peer = await connectDirect(...args);
  disposals.push(() => peer[Symbol.asyncDispose]());
  return peer;
};

const setPolicy = (policy: InboundPolicy): void => plane.inbound.of(`authors:${port}`).set(policy);

const forWeb = httpPolicy([httpRoute('for-web', ['/*'], [grant('web', identities(web))])]);
const opaqueFor = (...granted: readonly ReturnType<typeof grant>[]): InboundPolicy => ({
  server: { kind: 'default', name: 'test' },
  protocol: { kind: 'opaque' },
  authorizations: granted,
  serverIps: [],
});

describe('direct connections', () => {
  test('HTTP/1: the identity decides, and the application learns it', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const peer = await direct(proxy, { mill, identity: web }, { port, sessionProtocol: 'http1' });
    await peer.send('GET /a HTTP/1.1\r\nHost: authors\r\nl5d-client-id: forged\r\n\r\n');
    const text = (await peer.untilText('}')).toString();
    expect(text).toContain(`"l5d-client-id":"${web}"`);
    expect(text).not.toContain('forged');
  });

  test('a client cannot have its identity taken off by naming the header in Connection', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const peer = await direct(proxy, { mill, identity: web }, { port, sessionProtocol: 'http1' });
    const names = 'L5d-Client-Id: forged\r\nL5D_CLIENT_ID: forged\r\nl5d.client.id: forged';
    await peer.send(`GET /a HTTP/1.1\r\nHost: authors\r\nConnection: l5d-client-id\r\n${names}\r\n\r\n`);
    const text = (await peer.untilText('}')).toString();
    expect(text).toContain(`"l5d-client-id":"${web}"`);
    expect(text).not.toContain('forged');
  });

  test('a client that is not granted learns why from the mesh', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const peer = await direct(proxy, { mill, identity: identityOf('traffic') }, { port, sessionProtocol: 'http1' });
    await peer.send('GET /a HTTP/1.1\r\nHost: authors\r\n\r\n');
    const text = (await peer.untilText('\r\n\r\n')).toString();
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden/);
    expect(text).toContain('l5d-proxy-error: unauthorized request on route');
  });

  test('resets are counted over all connections of a peer, and leave other peers alone', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const open = async (identity: string): Promise<RawClient> => {
      const peer = await direct(proxy, { mill, identity }, { port, sessionProtocol: 'http2' });
      await peer.send(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), http2Frame(4, 0, 0)]));
      return peer;
    };
    const [one, two, other] = [await open(web), await open(web), await open(identityOf('books'))];
    // One connection alone may have 2000 streams reset at once.
    const flood = Buffer.concat(
      Array.from({ length: 1900 }, (_, index) => [
        http2Frame(1, 5, 2 * index + 1, getRoot),
        http2Frame(3, 0, 2 * index + 1, Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL])),
      ]).flat(),
    );
    await one.send(flood);
    await two.send(flood);
    const goaway = Buffer.from([7, 0, 0, 0, 0, 0]);
    await two.untilEnd();
    const at = two.received.indexOf(goaway);
    expect(two.received[at + 13]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await other.send(http2Frame(1, 5, 1, getRoot));
    await other.until((received) => received.indexOf(Buffer.from([1, 5, 0, 0, 0, 1])) >= 0);
    expect(other.received.indexOf(goaway)).toBe(-1);
  });

  test('HTTP/1 that was carried in HTTP/2 reaches the application as what it was', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const session = await http2Session(proxy);
    const stream = session.request({ ':path': '/carried', 'l5d-orig-proto': 'HTTP/1.1' });
    const [headers] = (await new Promise<unknown[]>((resolve) => {
      stream.once('response', (...args: unknown[]) => resolve(args));
    })) as [Record<string, string>];
    const body = await new Promise<string>((resolve) => {
      let text = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        text += chunk;
      });
      stream.on('end', () => resolve(text));
    });
    expect(headers).toMatchObject({ ':status': 200, 'l5d-orig-proto': 'HTTP/1.1' });
    expect(body).toMatch(/^1\.1 GET \/carried /);
    expect(body).not.toContain('orig-proto');
  });

  test('opaque bytes are relayed for whom the server admits', async () => {
    setPolicy(opaqueFor(grant('web', identities(web))));
    const proxy = await start(createTcpServer((socket) => socket.pipe(socket)));
    const peer = await direct(proxy, { mill, identity: web }, { port });
    await peer.send('ping');
    await peer.untilText('ping');
    const other = await direct(proxy, { mill, identity: identityOf('traffic') }, { port });
    expect((await other.untilEnd()).length).toBe(0);
  });

  test.each([
    ['without a certificate', { mill }, {}],
    ['without our ALPN', { mill, identity: web, alpn: [] }, {}],
    ['for a gateway, which this is not', { mill, identity: web }, { name: 'a.test' }],
  ])('a peer %s is refused', async (_what, options, header) => {
    setPolicy(opaqueFor(grant('everybody', anybody)));
    const proxy = await start(createTcpServer((socket) => socket.end('in')));
    const peer = await direct(proxy, options, { port, ...header });
    expect((await peer.untilEnd()).toString()).not.toContain('in');
  });

  test.each(['admin', 'outbound', 'unlisted'] as const)(
    'the %s port is none of the application, whoever is granted what',
    async (which) => {
      const [admin, outbound] = [await freePort(ip), await freePort(ip)];
      const unlisted = createTcpServer((socket) => {
        disposals.push(() => socket.destroy());
        socket.end('in');
      });
      const unlistedPort = await freePort(ip);
      await new Promise<void>((resolve) => unlisted.listen(unlistedPort, ip, resolve));
      disposals.push(() => unlisted.close());
      setPolicy(opaqueFor());
      const proxy = await start(createTcpServer(), {
        LINKERD2_PROXY_ADMIN_LISTEN_ADDR: `0.0.0.0:${admin}`,
        HEDDLE_PROXY_OUTBOUND_LISTENERS: `${ip}:${outbound}>192.0.2.1:80`,
        LINKERD2_PROXY_SHUTDOWN_ENDPOINT_ENABLED: 'true',
      });
      const named = { admin, outbound, unlisted: unlistedPort }[which];
      plane.inbound.of(`authors:${named}`).set(opaqueFor(grant('everybody', anybody)));
      const peer = await direct(proxy, { mill, identity: web }, { port: named });
      await peer.send('POST /shutdown HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      expect((await peer.untilEnd()).toString()).toBe('');
    },
  );

  test('a peer of another trust anchor is refused in the handshake', async () => {
    setPolicy(opaqueFor(grant('everybody', anybody)));
    const proxy = await start(createTcpServer((socket) => socket.end('in')));
    await expect(direct(proxy, { mill: foreign, identity: web }, { port })).rejects.toThrow(/handshake/);
  });

  test.each([
    ['plain HTTP', 'GET / HTTP/1.1\r\nHost: authors\r\n\r\n'],
    ['half a ClientHello', Buffer.from('1603010200010001fc0303', 'hex')],
    ['garbage', Buffer.alloc(64, 0xff)],
  ])('%s on the direct port is refused', async (_what, bytes) => {
    setPolicy(opaqueFor(grant('everybody', anybody)));
    const proxy = await start(
      createTcpServer((socket) => socket.end('in')),
      {
        LINKERD2_PROXY_INBOUND_DETECT_TIMEOUT: '200ms',
      },
    );
    const client = await RawClient.connect(proxy.inboundPort, { host: ip, timeoutMs: 5000 });
    disposals.push(() => client[Symbol.asyncDispose]());
    await client.send(bytes);
    expect((await client.untilEnd()).length).toBe(0);
  });
});

describe('redirected connections', () => {
  test('mesh TLS for our name is terminated', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const { socket } = await connectMeshPeer(proxy, { mill, identity: web, alpn: [], port });
    const peer = new RawClient(socket, 5000);
    disposals.push(() => peer[Symbol.asyncDispose]());
    await peer.send('GET /tls HTTP/1.1\r\nHost: authors\r\n\r\n');
    expect((await peer.untilText('}')).toString()).toContain(`"l5d-client-id":"${web}"`);
  });

  test('bytes dripped one by one on a port with routes are refused, whatever the server admits', async () => {
    setPolicy({
      ...httpPolicy([], [grant('everybody', anybody)]),
      protocol: { kind: 'detect', timeoutMs: 300, routes: [httpRoute('r', ['/public/*'], [])] },
    });
    await start(createTcpServer((socket) => socket.end('in')));
    const client = await RawClient.connect(port, { host: ip, timeoutMs: 5000 });
    disposals.push(() => client[Symbol.asyncDispose]());
    for (const char of 'GET /se') await client.send(char);
    expect((await client.untilEnd()).length).toBe(0);
  });

  test('the same bytes on a port without routes reach the application', async () => {
    setPolicy({
      server: { kind: 'default', name: 'test' },
      protocol: { kind: 'detect', timeoutMs: 300, routes: [] },
      authorizations: [grant('everybody', anybody)],
      serverIps: [],
    });
    await start(createTcpServer((socket) => socket.end('in')));
    const client = await RawClient.connect(port, { host: ip, timeoutMs: 5000 });
    disposals.push(() => client[Symbol.asyncDispose]());
    await client.send('GET');
    expect((await client.untilEnd()).toString()).toBe('in');
  });
});

describe('bytes that might be HTTP, on a port that may be opaque', () => {
  const openPort = (timeoutMs: number): InboundPolicy => ({
    server: { kind: 'default', name: 'test' },
    protocol: { kind: 'detect', timeoutMs, routes: [] },
    authorizations: [grant('everybody', anybody)],
    serverIps: [],
  });
  const forged = 'l5d-client-id: forged\r\n\r\n';
  const plain = async (): Promise<RawClient> => {
    const client = await RawClient.connect(port, { host: ip, timeoutMs: 5000 });
    disposals.push(() => client[Symbol.asyncDispose]());
    return client;
  };
  let reached = '';
  /** An application that greets if asked to, and shows what reaches it. */
  const recorder = (greeting: string): Server =>
    createTcpServer((socket) => {
      socket.write(greeting);
      socket.on('data', (bytes) => {
        reached += bytes.toString('latin1');
        socket.write('got it');
      });
    });
  beforeEach(() => {
    reached = '';
  });

  test.each([
    ['blank lines before', '\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n'],
    ['two blanks', 'GET  / HTTP/1.1\r\nHost: h\r\n'],
    ['no version', 'GET /\r\n'],
    ['another version', 'GET / HTTP/0.9\r\n'],
    ['the version of another protocol', 'OPTIONS / RTSP/1.0\r\n'],
    ['a method of lower case', 'get / http/1.1\r\nHost: h\r\n'],
  ])('%s is answered, and reaches nobody', async (_what, text) => {
    setPolicy(openPort(5000));
    await start(recorder(''));
    const client = await plain();
    await client.send(`${text}${forged}`);
    expect((await client.untilEnd()).toString()).toMatch(/^HTTP\/1\.1 (400|501|505) /);
    expect(reached).toBe('');
  });

  test('an odd method is one all the same: the application gets the request, and not what was forged', async () => {
    setPolicy(openPort(5000));
    await start(recorder(''));
    const client = await plain();
    await client.send(`G!T / HTTP/1.1\r\nHost: h\r\n${forged}`);
    await eventually(() => expect(reached).toMatch(/^G!T \/ HTTP\/1\.1\r\n[^]*\r\n\r\n$/));
    expect(reached).not.toContain('forged');
  });

  test.each([
    ['says nothing', ''],
    ['greets, as HTTP/2 servers do', 'welcome'],
  ])(
    'whoever waits out the detection and then speaks HTTP is cut off, if the application %s',
    async (_what, greeting) => {
      setPolicy(openPort(200));
      const proxy = await start(recorder(greeting));
      const client = await plain();
      await eventually(async () =>
        expect(await (await fetch(`${proxy.adminUrl}/metrics`)).text()).toMatch(
          /inbound_tcp_authz_allow_total\{.*\} 1/,
        ),
      );
      await client.send(`GET / HTTP/1.1\r\nHost: h\r\n${forged}`);
      await client.untilEnd();
      expect(reached).toBe('');
      const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
      expect(text).toMatch(/^inbound_tcp_errors_total\{.*error="late HTTP".*\} 1$/m);
    },
  );

  test('a request dripped past the detection never becomes whole', async () => {
    setPolicy(openPort(200));
    await start(recorder(''));
    const client = await plain();
    await client.send('FOO');
    await client.untilText('got it');
    await client.send(` / HTTP/1.1\r\nHost: h\r\n${forged}`);
    await client.untilEnd();
    expect(reached).toBe('FOO');
  });

  test('a mesh peer that calls HTTP opaque is cut off as well', async () => {
    setPolicy(openPort(5000));
    const proxy = await start(recorder('welcome'));
    const peer = await direct(proxy, { mill, identity: web }, { port });
    await peer.untilText('welcome');
    await peer.send(`GET / HTTP/1.1\r\nHost: h\r\n${forged}`);
    await peer.untilEnd();
    expect(reached).toBe('');
  });

  test.each([
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['SMTP', 'EHLO mail\r\n'],
    ['Redis', 'PING\r\n'],
    ['MySQL', '\x20\0\0\x01\x85\xa6\xff\x01'],
  ])('%s reaches the application, whoever speaks first', async (_what, text) => {
    setPolicy(openPort(300));
    const proxy = await start(recorder('welcome'));
    const atOnce = await plain();
    await atOnce.send(Buffer.from(text, 'latin1'));
    await atOnce.untilText('welcomegot it');
    const later = await plain();
    await later.untilText('welcome');
    await later.send(Buffer.from(text, 'latin1'));
    await later.untilText('got it');
    const peer = await direct(proxy, { mill, identity: web }, { port });
    await peer.untilText('welcome');
    await peer.send(Buffer.from(text, 'latin1'));
    await peer.untilText('got it');
    await peer.send('GET / HTTP/1.1\r\n\r\n');
    await peer.untilText('got itgot it');
    expect(reached.startsWith(text.repeat(3))).toBe(true);
  });

  test('HTTP passes on a port that is declared opaque', async () => {
    setPolicy(opaqueFor(grant('everybody', anybody)));
    await start(recorder(''));
    const client = await plain();
    await client.send('GET / HTTP/1.1\r\n\r\n');
    await client.untilText('got it');
  });
});

describe('what policy takes back', () => {
  test('an open TCP connection ends', async () => {
    setPolicy(opaqueFor(grant('web', identities(web))));
    const proxy = await start(createTcpServer((socket) => socket.pipe(socket)));
    const peer = await direct(proxy, { mill, identity: web }, { port });
    await peer.send('ping');
    await peer.untilText('ping');
    setPolicy(opaqueFor());
    await peer.untilEnd();
    const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
    expect(text).toMatch(/^inbound_tcp_authz_terminate_total\{.*\} 1$/m);
  });

  test('an open stream ends, and a change that does not concern it leaves it alone', async () => {
    setPolicy(forWeb);
    const held: ServerHttp2Stream[] = [];
    const application = createHttp2Server();
    application.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 });
      stream.write('first');
      held.push(stream);
    });
    const proxy = await start(application);
    const session = await http2Session(proxy);
    const stream = session.request({ ':path': '/stream' });
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const closed = new Promise<number>((resolve) => {
      stream.on('error', () => {});
      stream.on('close', () => resolve(stream.rstCode));
    });
    await eventually(() => expect(text).toBe('first'));
    setPolicy(
      httpPolicy([
        httpRoute('for-web', ['/*'], [grant('also', identities(identityOf('books'))), grant('web', identities(web))]),
      ]),
    );
    await eventually(() => {
      held[0]?.write('.');
      expect(text.length).toBeGreaterThan(20);
    });
    setPolicy(httpPolicy([httpRoute('for-web', ['/*'], [grant('also', identities(identityOf('books')))])]));
    expect(await closed).not.toBe(constants.NGHTTP2_NO_ERROR);
  });

  test('a connection ends when the certificate of its peer does', async () => {
    setPolicy(forWeb);
    const proxy = await start(echoHeaders());
    const peer = await direct(proxy, { mill, identity: web, lifetimeMs: 1500 }, { port, sessionProtocol: 'http1' });
    await peer.send('GET /a HTTP/1.1\r\nHost: authors\r\n\r\n');
    await peer.untilText('}');
    await peer.untilEnd();
  });
});

test('the certificate is renewed and open connections live on', async () => {
  setPolicy(forWeb);
  plane.leafLifetimeMs = 2000;
  const proxy = await start(echoHeaders(), { LINKERD2_PROXY_IDENTITY_MIN_REFRESH: '100ms' });
  const peer = await direct(proxy, { mill, identity: web }, { port, sessionProtocol: 'http1' });
  const before = plane.certified;
  await eventually(() => expect(plane.certified).toBeGreaterThan(before));
  plane.leafLifetimeMs = 3_600_000;
  await peer.send('GET /still HTTP/1.1\r\nHost: authors\r\n\r\n');
  await peer.untilText('/still');
});
