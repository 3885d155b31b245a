/** Requests through an HTTP/2 server connection and an HTTP/2 client connection, between node:http2 peers. */
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { createCertificateMill, eventually, type MilledLeaf } from '@heddle/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { queuedOfProcess } from './output.ts';
import { Disposals, listen, type ProxyOptions, startProxy, type TestProxy } from './testing.ts';

const disposals = new Disposals();
afterEach(async () => {
  await disposals.run();
  await eventually(() => expect(queuedOfProcess.bytes).toBe(0));
});

type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly interim: IncomingHttpHeaders[];
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
  readonly resetCode: number;
}

interface Setup {
  readonly proxy: TestProxy;
  readonly session: ClientHttp2Session;
  readonly request: (headers: OutgoingHttpHeaders, body?: Buffer | string) => Promise<Answer>;
}

const setUp = async (handler: Handler, options: ProxyOptions = {}): Promise<Setup> => {
  const server = createServer();
  server.on('stream', handler);
  server.on('sessionError', () => undefined);
  const proxy = await startProxy(await listen(server, disposals), disposals, options);
  const session = connect(`http://127.0.0.1:${proxy.port}`);
  session.on('error', () => undefined);
  disposals.add(() => session.destroy());
  const request = (headers: OutgoingHttpHeaders, body?: Buffer | string): Promise<Answer> =>
    new Promise((resolve) => {
      const stream = session.request(headers, { endStream: body === undefined });
      const chunks: Buffer[] = [];
      const interim: IncomingHttpHeaders[] = [];
      let answer: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders | undefined;
      stream.on('headers', (fields) => interim.push(fields));
      stream.on('response', (fields) => {
        answer = fields;
      });
      stream.on('trailers', (fields) => {
        trailers = fields;
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => undefined);
      stream.on('close', () =>
        resolve({ headers: answer, interim, trailers, body: Buffer.concat(chunks), resetCode: stream.rstCode ?? 0 }),
      );
      if (body !== undefined) stream.end(body);
    });
  return { proxy, session, request };
};

const echo: Handler = (stream, headers) => {
  stream.respond({ ':status': 200, 'x-saw': `${headers[':method']} ${headers[':path']} ${headers[':authority']}` });
  stream.pipe(stream);
};

/** Bytes that show where a piece is missing or out of place. */
const pattern = (length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(i, i);
  return bytes.fill(0x61, length - (length % 4));
};

describe('requests', () => {
  test.each([
    ['GET', undefined],
    ['a small body', Buffer.from('hello')],
    ['an empty body', Buffer.alloc(0)],
    ['a body larger than every window', pattern(3_000_000)],
  ])('%s', async (_name, body) => {
    const { request, proxy } = await setUp(echo);
    const answer = await request({ ':method': body === undefined ? 'GET' : 'POST', ':path': '/a?b' }, body);
    expect(answer.headers[':status']).toBe(200);
    expect(answer.headers['x-saw']).toMatch(/^(GET|POST) \/a\?b 127\.0\.0\.1:\d+$/);
    expect(answer.body.equals(body ?? Buffer.alloc(0))).toBe(true);
    expect(answer.resetCode).toBe(0);
    expect(proxy.finished.count).toBe(1);
  });

  test('500 at once, on one connection each way, leave nothing behind', async () => {
    const { request, proxy } = await setUp(echo);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => request({ ':method': 'POST', ':path': `/${i}` }, `body ${i}`)),
    );
    expect(answers.map(({ body }) => body.toString())).toEqual(answers.map((_, i) => `body ${i}`));
    expect(proxy.servers).toHaveLength(1);
    expect(proxy.clients).toHaveLength(1);
    await eventually(() => {
      expect([proxy.servers[0]?.openExchanges, proxy.clients[0]?.openExchanges]).toEqual([0, 0]);
    });
  });

  test('large bodies interleave and arrive whole', async () => {
    const { request } = await setUp(echo);
    const bodies = Array.from({ length: 12 }, (_, i) => pattern(200_000 + i * 1000));
    const answers = await Promise.all(bodies.map((body) => request({ ':method': 'POST' }, body)));
    for (const [i, answer] of answers.entries()) expect(answer.body.equals(bodies[i] as Buffer)).toBe(true);
  });

  test('interim responses, trailers both ways and header order', async () => {
    const { request } = await setUp((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
      stream.respond({ ':status': 200, 'set-cookie': ['a=1', 'b=2'] }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-t': 'end' }));
      stream.end('body');
    });
    const answer = await request({ ':method': 'GET' });
    expect(answer.interim.map((fields) => [fields[':status'], fields['link']])).toEqual([[103, '</a.css>']]);
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.trailers).toMatchObject({ 'grpc-status': '0', 'x-t': 'end' });
  });

  test('request trailers reach the server', async () => {
    const { session } = await setUp((stream) => {
      stream.on('trailers', (fields) => {
        stream.respond({ ':status': 200, 'x-saw': String(fields['x-t']) });
        stream.end();
      });
      stream.resume();
    });
    const saw = await new Promise((resolve) => {
      const stream = session.request({ ':method': 'POST' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-t': 'from the client' }));
      stream.on('response', (fields) => resolve(fields['x-saw']));
      stream.end('body');
    });
    expect(saw).toBe('from the client');
  });

  test.each<[name: string, method: string, head: OutgoingHttpHeaders]>([
    ['HEAD with a length', 'HEAD', { ':status': 200, 'content-length': '1000' }],
    ['204', 'GET', { ':status': 204 }],
    ['304 with a length', 'GET', { ':status': 304, 'content-length': '1000' }],
    ['a response of trailers only', 'POST', { ':status': 200, 'grpc-status': '12' }],
  ])('%s has no body', async (_name, method, head) => {
    const { request } = await setUp((stream) => stream.respond(head, { endStream: true }));
    const answer = await request({ ':method': method });
    expect(answer.headers[':status']).toBe(head[':status']);
    expect(answer.headers['content-length']).toBe(head['content-length']);
    expect([answer.body.length, answer.resetCode]).toEqual([0, 0]);
  });

  test('heads larger than a frame pass in both directions', async () => {
    const large = 'v'.repeat(12_000);
    const { request } = await setUp((stream, headers) => {
      stream.respond({ ':status': 200, 'x-a': headers['x-a'], 'x-b': headers['x-b'], 'x-c': headers['x-a'] });
      stream.end();
    });
    const answer = await request({ ':method': 'GET', 'x-a': large, 'x-b': `${large}b` });
    expect([answer.headers['x-a'], answer.headers['x-b']]).toEqual([large, `${large}b`]);
  });

  test('many different heads on one connection keep HPACK in step', async () => {
    const { request } = await setUp((stream, headers) => {
      stream.respond({ ':status': 200, 'x-id': headers['x-id'], cookie: headers.cookie });
      stream.end();
    });
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          request({ ':method': 'GET', ':path': `/${i % 7}`, 'x-id': `id-${i % 5}`, cookie: [`a=${i}`, 'b=2'] }),
        ),
      );
      for (const [i, { headers }] of answers.entries()) {
        expect([headers['x-id'], headers.cookie]).toEqual([`id-${i % 5}`, `a=${i}; b=2`]);
      }
    }
  });
});

test('two proxies with mutual TLS between them', async () => {
  const mill = createCertificateMill();
  const server = mill.leaf('server.test.serviceaccount.identity.linkerd.cluster.local');
  const client = mill.leaf('client.test.serviceaccount.identity.linkerd.cluster.local');
  const contextOf = ({ chainPem, keyPem }: MilledLeaf): SecureContext =>
    createSecureContext({ cert: chainPem, key: keyPem, ca: mill.trustAnchorsPem, minVersion: 'TLSv1.3' });
  const origin = createServer();
  origin.on('stream', echo);
  const inbound = await startProxy(await listen(origin, disposals), disposals, {
    accept: (socket) => new TLSSocket(socket, { isServer: true, requestCert: true, secureContext: contextOf(server) }),
  });
  const outbound = await startProxy(inbound.port, disposals, {
    dial: (port) =>
      connectTls({ port, host: '127.0.0.1', servername: server.identity, secureContext: contextOf(client) }),
  });
  const session = connect(`http://127.0.0.1:${outbound.port}`);
  disposals.add(() => session.destroy());
  const bodies = Array.from({ length: 60 }, (_, i) => pattern(i % 10 === 0 ? 400_000 : i * 7));
  const answers = await Promise.all(
    bodies.map(
      (body) =>
        new Promise<Buffer>((resolve) => {
          const chunks: Buffer[] = [];
          const stream = session.request({ ':method': 'POST' });
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('close', () => resolve(Buffer.concat(chunks)));
          stream.end(body);
        }),
    ),
  );
  for (const [i, answer] of answers.entries()) expect(answer.equals(bodies[i] as Buffer)).toBe(true);
  expect(outbound.clients).toHaveLength(1);
});

describe('what ends before its time', () => {
  test('a reset of the client reaches the server', async () => {
    const seen = Promise.withResolvers<number>();
    const { session, proxy } = await setUp((stream) => {
      stream.on('error', () => undefined);
      stream.on('close', () => seen.resolve(stream.rstCode ?? 0));
      stream.respond({ ':status': 200 });
    });
    const stream = session.request({ ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.on('response', () => stream.close(8));
    expect(await seen.promise).toBe(8);
    await eventually(() => expect(proxy.finished.count).toBe(1));
  });

  test('a response that is complete before its request ends the stream without an error', async () => {
    const { request } = await setUp((stream) => {
      stream.respond({ ':status': 413 });
      stream.end('too much');
      stream.close(0);
    });
    const answer = await request({ ':method': 'POST' }, pattern(500_000));
    expect([answer.headers[':status'], answer.body.toString(), answer.resetCode]).toEqual([413, 'too much', 0]);
  });

  test('a client that goes away ends its exchanges upstream, and only those', async () => {
    const closed: string[] = [];
    const { session, proxy } = await setUp((stream, headers) => {
      const path = String(headers[':path']);
      stream.on('error', () => undefined);
      stream.on('close', () => closed.push(path));
      stream.respond({ ':status': 200 });
    });
    const other = connect(`http://127.0.0.1:${proxy.port}`);
    disposals.add(() => other.destroy());
    const open = (on: ClientHttp2Session, path: string): Promise<void> =>
      new Promise((resolve) => {
        const stream = on.request({ ':method': 'GET', ':path': path });
        stream.on('error', () => undefined);
        stream.on('response', () => resolve());
      });
    await Promise.all([open(session, '/1'), open(session, '/2'), open(other, '/3')]);
    session.destroy();
    await eventually(() => expect(closed.toSorted()).toEqual(['/1', '/2']));
    expect(proxy.clients).toHaveLength(1);
    expect(proxy.clients[0]?.openExchanges).toBe(1);
  });

  test('a server that goes away fails its exchanges', async () => {
    const { request, proxy } = await setUp((stream) => stream.session?.destroy());
    const answer = await request({ ':method': 'GET' });
    expect(answer.headers[':status']).toBe(502);
    expect(proxy.failures.map(({ kind }) => kind)).toEqual(['connection-lost']);
  });
});

describe('answers made here', () => {
  const deny: ProxyOptions = {
    handle: (exchange) => {
      exchange.response.status = 403;
      exchange.response.contentLength = 0;
      exchange.answer();
      return true;
    },
  };

  test.each([
    ['without a body', undefined],
    ['with a body that is not read', pattern(400_000)],
  ])('a refusal of a request %s', async (_name, body) => {
    const { request, proxy } = await setUp(echo, deny);
    const answer = await request({ ':method': 'POST' }, body);
    expect([answer.headers[':status'], answer.resetCode]).toEqual([403, 0]);
    expect(proxy.clients).toHaveLength(0);
    await eventually(() => expect(proxy.servers[0]?.openExchanges).toBe(0));
  });

  test('a deadline that passes is answered', async () => {
    const arrived = Promise.withResolvers<void>();
    const { request, proxy } = await setUp(() => undefined, {
      handle: (exchange) => {
        exchange.deadlineMs = proxy.clock.nowMs() + 1000;
        arrived.resolve();
        return false;
      },
    });
    const pending = request({ ':method': 'GET' });
    await arrived.promise;
    proxy.clock.advance(1500);
    expect((await pending).headers[':status']).toBe(504);
  });
});
