/** What the inbound side does to requests and responses beyond saying yes or no. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { HttpFilter, HttpRoute, InboundPolicy } from '@heddle/policy';
import { anybody, grant, grpcRoute, httpPolicy, httpRoute, match, resourceRef } from '@heddle/policy/testing';
import { eventually, freePort, RawClient } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { startTestProxy } from '../testing/test-proxy.ts';

const ip = '127.9.0.8';
const plane = new FakeControlPlane();
const everybody = grant('everybody', anybody);
const disposals: (() => unknown)[] = [];
let port = 0;

beforeEach(async () => {
  await plane.start();
  port = await freePort(ip);
});
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
  await plane.stop();
});

const start = async (application: Server, policy: InboundPolicy): Promise<void> => {
  const sockets = new Set<Socket>();
  application.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  disposals.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => application.close(resolve));
  });
  plane.inbound.of(`authors:${port}`).set(policy);
  const inbound = new Map([[port, (application.address() as { port: number }).port]]);
  const proxy = await startTestProxy({ plane, account: 'authors', ip, inbound });
  disposals.push(() => proxy.stop());
  await eventually(async () => expect((await fetch(`${proxy.adminUrl}/ready`)).status).toBe(200));
};

const connect = async (): Promise<RawClient> => {
  const client = await RawClient.connect(port, { host: ip, timeoutMs: 5000 });
  disposals.push(() => client[Symbol.asyncDispose]());
  return client;
};

const exchange = async (request: string): Promise<string> => {
  const client = await connect();
  await client.send(request);
  return (await client.untilEnd()).toString('latin1');
};

const filtered = (...filters: readonly HttpFilter[]): InboundPolicy => {
  const route: HttpRoute = {
    ...httpRoute('filtered', [], [everybody]),
    rules: [{ matches: [match('/old/*')], filters }],
  };
  return httpPolicy([route]);
};

describe('filters', () => {
  test('change the request before it is forwarded', async () => {
    let seen: IncomingHttpHeaders = {};
    const application = createServer((request, response) => {
      seen = request.headers;
      response.end();
    });
    const modifier: HttpFilter = {
      kind: 'requestHeaders',
      add: [{ name: 'X-Added', value: '2' }],
      set: [{ name: 'x-set', value: 'new' }],
      remove: ['x-gone'],
    };
    await start(application, filtered(modifier));
    await exchange(
      'GET /old/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Added: 1\r\nX-Set: old\r\nX-Gone: 1\r\n\r\n',
    );
    expect(seen).toMatchObject({ 'x-added': '1, 2', 'x-set': 'new' });
    expect(seen['x-gone']).toBeUndefined();
  });

  test.each<[string, HttpFilter, RegExp]>([
    [
      'redirect',
      { kind: 'redirect', path: { kind: 'prefix', value: '/new' }, status: 308 },
      /^HTTP\/1\.1 308 [^]*\r\nlocation: http:\/\/h\/new\/a\r\n/,
    ],
    ['inject a failure', { kind: 'failure', status: 418, message: 'no tea' }, /^HTTP\/1\.1 418 /],
    ['of a kind not known here refuse', { kind: 'unknown' }, /^HTTP\/1\.1 500 /],
  ])('%s', async (_what, filter, expected) => {
    await start(
      createServer((_request, response) => response.end()),
      filtered(filter),
    );
    expect(await exchange('GET /old/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')).toMatch(expected);
  });
});

test('requests over the rate limit get 429', async () => {
  const route = httpRoute('open', ['/*'], [everybody]);
  await start(
    createServer((_request, response) => response.end('in')),
    {
      ...httpPolicy([route]),
      protocol: {
        kind: 'http1',
        routes: [route],
        rateLimit: { ref: resourceRef('httplocalratelimitpolicy', 'limit'), total: 2, overrides: [] },
      },
    },
  );
  const client = await connect();
  for (let i = 0; i < 3; i += 1) await client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  const text = (await client.untilText(' 429 ')).toString('latin1');
  expect(text.match(/ 200 /g)).toHaveLength(2);
});

test('an application cannot speak for the proxy', async () => {
  const application = createServer((_request, response) => {
    response.writeHead(200, { 'l5d-proxy-error': 'forged', 'l5d-proxy-connection': 'close', 'x-mine': '1' });
    response.end();
  });
  await start(application, httpPolicy([httpRoute('open', ['/*'], [everybody])]));
  const response = await exchange('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  expect(response).toContain('x-mine: 1');
  expect(response).not.toContain('l5d-');
});

test('an upgraded connection ends when the policy takes it back', async () => {
  const application = createServer();
  application.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  await start(application, httpPolicy([httpRoute('open', ['/*'], [everybody])]));
  const client = await connect();
  await client.send('GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.untilText('101 Switching Protocols');
  await client.send('ping');
  await client.untilText('ping');
  plane.inbound.of(`authors:${port}`).set(httpPolicy([httpRoute('open', ['/*'], [])]));
  await client.untilEnd();
});

describe('gRPC', () => {
  const session = (): ClientHttp2Session => {
    const made = connectHttp2(`http://${ip}:${port}`);
    disposals.push(() => made.destroy());
    return made;
  };

  const call = (client: ClientHttp2Session, path: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const stream = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
      const seen: Record<string, unknown> = {};
      stream.on('response', (headers) => Object.assign(seen, headers));
      stream.on('trailers', (trailers) => Object.assign(seen, trailers));
      stream.on('error', reject);
      stream.on('close', () => resolve(seen));
      stream.resume();
      stream.end(Buffer.alloc(5));
    });

  const grpcServer = () => {
    const server = createHttp2Server();
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
    return server;
  };

  const policy: InboundPolicy = {
    ...httpPolicy([]),
    protocol: { kind: 'grpc', routes: [grpcRoute('books', ['/shop.Books/List'], [everybody])] },
  };

  test('calls pass with their trailers', async () => {
    await start(grpcServer(), policy);
    expect(await call(session(), '/shop.Books/List')).toMatchObject({ ':status': 200, 'grpc-status': '0' });
  });

  test.each([
    ['/shop.Books/Delete', '5'],
    ['/shop.Secrets/List', '5'],
  ])('%s ends with gRPC status %s', async (path, status) => {
    await start(grpcServer(), policy);
    expect(await call(session(), path)).toMatchObject({ ':status': 200, 'grpc-status': status });
  });

  test('a call nobody may make is refused as gRPC does it', async () => {
    const nobody = grpcRoute('books', ['/shop.Books/List'], []);
    await start(grpcServer(), { ...policy, protocol: { kind: 'grpc', routes: [nobody] } });
    expect(await call(session(), '/shop.Books/List')).toMatchObject({ ':status': 200, 'grpc-status': '7' });
  });
});
