/** What becomes of the application's HTTP on its way to a meshed server, judged by Node's own servers. */
import { connect as connectHttp2, constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import { eventually } from '@heddle/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Request, Response } from './testing/fake-server.ts';
import { behindProxy, inClear, Scene, serverIdentity, target } from './testing/scene.ts';

let scene = new Scene();
beforeEach(() => {
  scene = new Scene();
  return scene.begin();
});
afterEach(() => scene.end());

/** Answers with what arrived. */
const echoHead = ({ httpVersion, method, url, headers }: Request, response: Response): void => {
  response.end(JSON.stringify({ httpVersion, method, url, headers }));
};

const headOf = (answer: string): { httpVersion: string; url: string; headers: Record<string, string> } =>
  JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, ''));

describe('HTTP/1 over HTTP/2', () => {
  test('travels as HTTP/2 behind a transport header, marked as what it was', async () => {
    const server = await scene.meshServer({ onRequest: echoHead });
    scene.setEndpoints(behindProxy(server));
    const outbound = await scene.outbound();
    const answer = await scene.get(outbound, '/authors.json?a=1', ['x-custom: yes']);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const { httpVersion, url, headers } = headOf(answer);
    expect({ httpVersion, url }).toEqual({ httpVersion: '2.0', url: '/authors.json?a=1' });
    expect(headers).toMatchObject({
      ':authority': 'authors',
      host: 'authors',
      'x-custom': 'yes',
      'l5d-orig-proto': 'HTTP/1.1',
    });
    expect(server.headers).toEqual([{ port: 8080, name: undefined, sessionProtocol: 'http2' }]);
    expect(outbound.lines).toContainEqual(
      expect.objectContaining({
        msg: 'mesh-connection',
        server_id: serverIdentity,
        peer: '127.0.0.1:8080',
        tls_version: 'TLSv1.3',
        group: 'X25519MLKEM768',
      }),
    );
  });

  test.each([
    ['HTTP/1.0', ['GET / HTTP/1.0', 'host: authors'], 'HTTP/1.0'],
    ['an absolute target', ['GET http://authors/x HTTP/1.1', 'host: authors'], 'HTTP/1.1; absolute-form'],
  ])('%s', async (_what, lines, mark) => {
    const server = await scene.meshServer({ onRequest: echoHead });
    scene.setEndpoints(behindProxy(server));
    const { headers } = headOf(await scene.exchange(await scene.outbound(), lines));
    expect(headers['l5d-orig-proto']).toBe(mark);
  });

  test('HTTP/1.0 without a host: that is the address; its answer goes up to the end of the connection, without chunks', async () => {
    const server = await scene.meshServer({
      onRequest: ({ headers }, response) => {
        response.write('one ');
        response.end(headers[':authority'] ?? headers.host);
      },
    });
    scene.setEndpoints(behindProxy(server));
    const answer = await scene.exchange(await scene.outbound(), ['GET / HTTP/1.0']);
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 OK\r\n[^]*\r\n\r\none 10\.96\.0\.12:80$/);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  test('nobody but the mesh says who a client is, and what proxies say goes no further', async () => {
    const server = await scene.meshServer({
      onRequest: (request, response) => {
        response.setHeader('l5d-proxy-error', 'secret');
        response.setHeader('l5d-proxy-connection', 'close');
        response.setHeader('l5d-orig-proto', 'HTTP/1.1');
        echoHead(request, response);
      },
    });
    scene.setEndpoints(behindProxy(server));
    const forged = ['l5d-client-id: root', 'l5d-orig-proto: HTTP/1.0', 'l5d_client_id: root', 'l5d-dst-override: x'];
    const answer = await scene.get(await scene.outbound(), '/', forged);
    expect(answer).not.toMatch(/^l5d-/m);
    const names = Object.keys(headOf(answer).headers).filter((name) => name.startsWith('l5d'));
    expect(names).toEqual(['l5d-orig-proto']);
  });

  test('chunked bodies and trailers, both ways', async () => {
    const server = await scene.meshServer({
      onRequest: (request, response) => {
        void text(request).then((body) => {
          response.setHeader('trailer', 'x-sum');
          response.write(`got ${body}`);
          response.addTrailers({ 'x-sum': String(request.trailers['x-end']) });
          response.end();
        });
      },
    });
    scene.setEndpoints(behindProxy(server));
    const client = await scene.client(await scene.outbound());
    await client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: x-end\r\n\r\n3\r\nabc\r\n');
    await client.send('2\r\nde\r\n0\r\nx-end: fin\r\n\r\n');
    const answer = (await client.untilText('fin')).toString('latin1');
    expect(answer).toMatch(/transfer-encoding: chunked/i);
    expect(answer).toContain('got abcde');
    expect(answer).toMatch(/0\r\nx-sum: fin/);
  });

  test('Expect: 100-continue is answered by the server', async () => {
    const server = await scene.meshServer({ onRequest: echoHead });
    server.http2.on('checkContinue', (request: Request, response: Response) => {
      response.writeContinue();
      void text(request).then((body) => response.end(`got ${body}`));
    });
    scene.setEndpoints(behindProxy(server));
    const client = await scene.client(await scene.outbound());
    await client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n');
    expect((await client.untilText('\r\n\r\n')).toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await client.send('hi');
    expect((await client.untilText('got hi')).toString()).toContain('200 OK');
  });

  test('keep-alive and pipelining: one application connection, many answers in order', async () => {
    const server = await scene.meshServer({ onRequest: ({ url }, response) => void response.end(`<${url}>`) });
    scene.setEndpoints(behindProxy(server));
    const client = await scene.client(await scene.outbound());
    const urls = Array.from({ length: 20 }, (_, index) => `/${index}`);
    await client.send(urls.map((url) => `GET ${url} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    const answer = (await client.untilText('</19>')).toString('latin1');
    expect(answer.match(/<[^>]*>/g)).toEqual(urls.map((url) => `<${url}>`));
  });

  test('many application connections share one mesh connection', async () => {
    const server = await scene.meshServer({ onRequest: (_request, response) => void response.end('ok') });
    scene.setEndpoints(behindProxy(server));
    const outbound = await scene.outbound();
    const answers = await Promise.all(Array.from({ length: 30 }, () => scene.get(outbound)));
    expect(new Set(answers.map((answer) => answer.slice(0, 15)))).toEqual(new Set(['HTTP/1.1 200 OK']));
    expect(server.accepted).toBe(1);
  });
});

describe('what is not messages', () => {
  test('a WebSocket has an HTTP/1 connection of its own inside mesh TLS', async () => {
    const server = await scene.meshServer({ onRequest: (_request, response) => void response.end('plain') });
    server.http1.on('upgrade', (request, socket) => {
      expect(request.headers).toMatchObject({ upgrade: 'websocket', 'sec-websocket-key': 'k' });
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello');
      socket.pipe(socket);
    });
    scene.setEndpoints(behindProxy(server));
    const outbound = await scene.outbound();
    expect(await scene.get(outbound)).toContain('plain');
    const client = await scene.client(outbound);
    const head =
      'GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n\r\n';
    await client.send(head);
    expect((await client.untilText('hello')).toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
    await client.send('ping');
    await client.untilText('ping');
    client.end();
    await client.untilEnd();
    expect(server.headers.map(({ sessionProtocol }) => sessionProtocol)).toEqual(['http2', 'http1']);
  });

  test('CONNECT too', async () => {
    const server = await scene.meshServer({});
    server.http1.on('connect', (_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(socket);
    });
    scene.setEndpoints(behindProxy(server));
    const client = await scene.client(await scene.outbound());
    await client.send('CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\n');
    await client.untilText('\r\n\r\n');
    await client.send('raw bytes');
    await client.untilText('raw bytes');
  });
});

describe('HTTP/2', () => {
  const session = async (port: number) => {
    const made = connectHttp2(`http://127.0.0.1:${port}`);
    scene.defer(() => made.destroy());
    return made;
  };

  test('a gRPC call: no mark, trailers, the status in them', async () => {
    const server = await scene.meshServer({});
    server.http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      expect(headers['l5d-orig-proto']).toBeUndefined();
      expect(headers.te).toBe('trailers');
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }));
      stream.end('frame');
    });
    scene.setEndpoints(behindProxy(server));
    const client = await session((await scene.outbound()).portOf(target));
    const call = client.request({
      ':method': 'POST',
      ':path': '/books.Books/Get',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const trailers = new Promise((resolve) => call.on('trailers', resolve));
    call.end('question');
    expect(await text(call)).toBe('frame');
    expect(await trailers).toMatchObject({ 'grpc-status': '5' });
  });

  test('a reset of the server arrives as it was sent', async () => {
    const server = await scene.meshServer({});
    server.http2.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {});
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    scene.setEndpoints(behindProxy(server));
    const client = await session((await scene.outbound()).portOf(target));
    const call = client.request({ ':path': '/' });
    call.on('error', () => {});
    await new Promise((resolve) => call.on('close', resolve));
    expect(call.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test('a refused stream is tried once more', async () => {
    let seen = 0;
    const server = await scene.meshServer({});
    server.http2.on('stream', (stream: ServerHttp2Stream) => {
      seen += 1;
      stream.on('error', () => {});
      if (seen === 1) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
      stream.respond({ ':status': 200 });
      stream.end('second');
    });
    scene.setEndpoints(behindProxy(server));
    expect(await scene.get(await scene.outbound())).toContain('second');
    expect(seen).toBe(2);
  });

  test('a server that leaves politely loses nothing: what comes next has a new connection', async () => {
    const server = await scene.meshServer({});
    const sessions = new Set<{ goaway(): void }>();
    server.http2.on('session', (each) => sessions.add(each));
    server.http2.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    scene.setEndpoints(behindProxy(server));
    const outbound = await scene.outbound();
    expect(await scene.get(outbound)).toContain('ok');
    for (const each of sessions) each.goaway();
    for (let round = 0; round < 5; round += 1) expect(await scene.get(outbound)).toContain('200 OK');
    expect(server.accepted).toBe(2);
  });
});

describe('in clear', () => {
  test('an endpoint without an identity gets HTTP/1 as HTTP/1, over connections that are kept', async () => {
    const server = await scene.server({ onRequest: echoHead });
    scene.setEndpoints(inClear(server));
    const client = await scene.client(await scene.outbound());
    for (const url of ['/1', '/2']) {
      await client.send(`GET ${url} HTTP/1.1\r\nhost: authors\r\n\r\n`);
      const answer = (await client.untilText(`"url":"${url}"`)).toString('latin1');
      expect(answer).not.toContain('l5d-');
      expect(answer).toContain('"httpVersion":"1.1"');
    }
    expect(server.accepted).toBe(1);
  });

  test('and HTTP/2 as HTTP/2, without asking', async () => {
    const server = await scene.server({ onRequest: echoHead });
    scene.setEndpoints(inClear(server));
    const client = connectHttp2(`http://127.0.0.1:${(await scene.outbound()).portOf(target)}`);
    scene.defer(() => client.destroy());
    const call = client.request({ ':path': '/' });
    expect(JSON.parse(await text(call))).toMatchObject({ httpVersion: '2.0' });
  });

  test('a server that closes idle connections costs no request', async () => {
    const server = await scene.server({ onRequest: (_request, response) => void response.end('ok') });
    server.http1.keepAliveTimeout = 1;
    scene.setEndpoints(inClear(server));
    const outbound = await scene.outbound();
    for (let round = 0; round < 20; round += 1) {
      expect(await scene.get(outbound)).toContain('200 OK');
      await eventually(() => expect(server.open).toBeLessThan(2));
    }
  });
});

describe('large bodies', () => {
  const size = 64 << 20;

  test('a download that nobody reads stops the server, and goes on when somebody does', async () => {
    let written = 0;
    const server = await scene.meshServer({
      onRequest: (_request, response) => {
        const chunk = Buffer.alloc(64 << 10, 'x');
        const write = (): void => {
          while (written < size) {
            written += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', write);
          }
          response.end();
        };
        write();
      },
    });
    scene.setEndpoints(behindProxy(server));
    const client = await scene.client(await scene.outbound());
    client.socket.pause();
    await client.send('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    let before = -1;
    await eventually(
      () => {
        const now = written;
        const isStill = now === before;
        before = now;
        expect(isStill && now > 0).toBe(true);
      },
      { intervalMs: 150 },
    );
    expect(written).toBeLessThan(24 << 20);
    client.socket.resume();
    let received = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    await client.untilEnd();
    expect(received).toBeGreaterThan(size);
  });

  test('an upload arrives whole', async () => {
    const server = await scene.meshServer({
      onRequest: (request, response) => {
        let received = 0;
        request.on('data', (bytes: Buffer) => {
          received += bytes.length;
        });
        request.on('end', () => response.end(`got ${received}.`));
      },
    });
    scene.setEndpoints(behindProxy(server));
    const client = await scene.client(await scene.outbound());
    await client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`);
    const chunk = Buffer.alloc(1 << 20, 'y');
    for (let sent = 0; sent < size; sent += chunk.length) await client.send(chunk);
    expect((await client.untilText('.')).toString()).toContain(`got ${size}.`);
  });
});
