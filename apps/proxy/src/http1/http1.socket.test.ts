import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { DeadlineSweeper } from '@heddle/runtime';
import { eventually, FakeClock, RawClient } from '@heddle/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import type { AbortCause } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import { defaultHttpLimits, type HttpLimits } from '../http/limits.ts';
import { ConnectionPool } from '../http/pool.ts';
import { rescue } from '../http/rescue.ts';
import type { HttpService } from '../http/stream.ts';
import { Http1ClientConnection } from './client-connection.ts';
import { Http1ServerConnection } from './server-connection.ts';
import { socketIo } from './testing/socket-io.ts';

const disposals: (() => void | Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
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

interface Proxy {
  readonly port: number;
  readonly clock: FakeClock;
  readonly connections: Http1ServerConnection[];
  /** How often the proxy connected to the server. */
  readonly dials: { count: number };
  client(): Promise<RawClient>;
}

/** A proxy of HTTP/1 to HTTP/1 without any policy, in front of `serverPort`. */
const startProxy = async (
  serverPort: number,
  limits: Partial<HttpLimits> = {},
  onRequest: (exchange: Exchange) => void = () => {},
): Promise<Proxy> => {
  const clock = new FakeClock();
  const sweeper = new DeadlineSweeper(clock, 250);
  const connections: Http1ServerConnection[] = [];
  const dials = { count: 0 };
  const { batches } = socketIo;
  const shared = { limits: { ...defaultHttpLimits, ...limits }, clock, sweeper, batches, onClose: () => {} };
  const idle: Http1ClientConnection[] = [];

  const forward = (exchange: Exchange): void => {
    const free = idle.pop();
    if (free !== undefined && free.capacity > 0) {
      free.open(exchange);
      return;
    }
    dials.count += 1;
    const socket = connect({ port: serverPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    disposals.push(() => void socket.destroy());
    const open = (): void => {
      const connection = new Http1ClientConnection({
        ...shared,
        socket,
        onCapacity: () => void (connection.capacity > 0 && idle.push(connection)),
      });
      connection.open(exchange);
    };
    // A socket that is not connected yet is left to its stream.
    if (batches === undefined) open();
    else socket.once('connect', () => (exchange.isOpen ? open() : socket.destroy()));
  };
  const service: HttpService = {
    handle: (exchange) => {
      onRequest(exchange);
      forward(exchange);
    },
    responded: () => {},
    failed: (exchange, cause: AbortCause) => rescue(exchange, cause, { mayExplain: true, onRefused: () => {} }),
    overdue: () => {},
    finished: () => {},
  };
  const port = await listen(
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      connections.push(new Http1ServerConnection({ ...shared, socket, service }));
    }),
  );
  const client = async (): Promise<RawClient> => {
    const raw = await RawClient.connect(port, { timeoutMs: 5000 });
    disposals.push(() => raw[Symbol.asyncDispose]());
    return raw;
  };
  return { port, clock, connections, dials, client };
};

/** A server that answers with what it received, as text; `/status/N` sets the status. */
const echoServer = (): Promise<number> =>
  listen(
    createHttpServer({ keepAliveTimeout: 60_000 }, (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
        response.writeHead(status, { 'x-saw': `${request.method} ${request.url} ${request.headers.host ?? '-'}` });
        const trailers = request.rawTrailers.length > 0 ? ` trailers ${request.rawTrailers.join('=')}` : '';
        response.end(status === 204 || status === 304 ? undefined : Buffer.concat(chunks).toString() + trailers);
      });
    }),
  );

/** A server that answers each connection's first bytes with `reply` and then does as `after` says. */
const cannedServer = (reply: string, after: 'keep' | 'end' | 'reset' = 'keep'): Promise<number> =>
  listen(
    createServer((socket) => {
      socket.once('data', () => {
        if (reply !== '') socket.write(Buffer.from(reply, 'latin1'));
        if (after === 'end') socket.end();
        if (after === 'reset') socket.resetAndDestroy();
      });
    }),
  );

const bodyOf = (response: Buffer): string => response.toString('latin1').split('\r\n\r\n').slice(1).join('\r\n\r\n');

describe('requests', () => {
  test.each([
    ['a GET', 'GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n', /^HTTP\/1\.1 200 OK\r\nx-saw: GET \/a\?b h\r\n/, ''],
    ['a sized body', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello', /200 OK/, 'hello'],
    [
      'a chunked body with trailers',
      'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: t\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nt: 1\r\n\r\n',
      /200 OK/,
      'abcde trailers t=1',
    ],
    ['an absolute target', 'GET http://h:80/x HTTP/1.1\r\nHost: h:80\r\n\r\n', /x-saw: GET http:\/\/h:80\/x h:80/, ''],
    [
      'a response without content',
      'GET /status/204 HTTP/1.1\r\nHost: h\r\n\r\n',
      /^HTTP\/1\.1 204 No Content\r\n/,
      undefined,
    ],
    ['a HEAD', 'HEAD / HTTP/1.1\r\nHost: h\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n/, undefined],
  ])('%s', async (_what, request, expected, body) => {
    const proxy = await startProxy(await echoServer());
    const client = await proxy.client();
    await client.send(request);
    const response = await client.until((bytes) => bytes.includes('\r\n\r\n') && (!body || bytes.includes(body)));
    expect(response.toString('latin1')).toMatch(expected);
    if (body === undefined) expect(bodyOf(response)).toBe('');
  });

  test('keep-alive reuses both connections; pipelined requests are answered in order', async () => {
    const proxy = await startProxy(await echoServer());
    const client = await proxy.client();
    await client.send([1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''));
    const text = (await client.untilText('GET /3 h')).toString('latin1');
    expect([...text.matchAll(/x-saw: GET (\/\d)/g)].map((match) => match[1])).toEqual(['/1', '/2', '/3']);
    await client.send('GET /4 HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.untilText('GET /4 h');
    expect(proxy.dials.count).toBe(1);
  });

  test('HTTP/1.0 gets its answer delimited by length or by the end, and is kept alive only if it asks', async () => {
    const proxy = await startProxy(
      await cannedServer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'),
    );
    const client = await proxy.client();
    await client.send('GET / HTTP/1.0\r\n\r\n');
    const text = (await client.untilEnd()).toString('latin1');
    expect(text).not.toContain('chunked');
    expect(text).toContain('connection: close');
    expect(text.endsWith('\r\n\r\nabc')).toBe(true);
  });

  test('a client that half-closes after its request still gets its answer, and then the end', async () => {
    const proxy = await startProxy(await echoServer());
    const client = await proxy.client();
    await client.send('GET /late HTTP/1.1\r\nHost: h\r\n\r\n');
    client.end();
    expect((await client.untilEnd()).toString('latin1')).toContain('GET /late h');
  });

  test('connection fields and those they name stay on their connection', async () => {
    let seen: IncomingMessage['headers'] = {};
    const server = createHttpServer((request, response) => {
      seen = request.headers;
      response.setHeader('connection', 'x-hop');
      response.setHeader('x-hop', '1');
      response.setHeader('keep-alive', 'timeout=5');
      response.end('ok');
    });
    const proxy = await startProxy(await listen(server));
    const client = await proxy.client();
    await client.send(
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: x-mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: 1\r\nTE: gzip\r\nX-End: 1\r\n\r\n',
    );
    const text = (await client.untilText('ok')).toString('latin1');
    expect(Object.keys(seen).sort()).toEqual(['connection', 'host', 'x-end'].filter((name) => name in seen));
    expect(seen['x-end']).toBe('1');
    expect(text).not.toMatch(/x-hop|keep-alive/);
  });

  test('100 Continue passes, and the body after it', async () => {
    const server = createHttpServer();
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      response.writeContinue();
      request.on('data', (chunk: Buffer) => response.write(chunk));
      request.on('end', () => response.end());
    });
    const proxy = await startProxy(await listen(server));
    const client = await proxy.client();
    await client.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    await client.untilText('HTTP/1.1 100 Continue\r\n\r\n');
    await client.send('body');
    await client.untilText('body');
  });
});

describe('tunnels', () => {
  const upgrading = (): Promise<number> => {
    const server = createHttpServer();
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.on('data', (bytes) => socket.write(`${request.headers.upgrade}:${bytes.toString()}`));
      socket.on('end', () => socket.end('bye'));
    });
    return listen(server);
  };

  test('an upgrade turns both connections into one stream with half-close', async () => {
    const proxy = await startProxy(await upgrading());
    const client = await proxy.client();
    await client.send('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    const head = await client.untilText('\r\n\r\n');
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n/);
    expect(head.toString('latin1')).toContain('upgrade: echo\r\n');
    await client.send('ping');
    await client.untilText('echo:ping');
    client.end();
    expect((await client.untilEnd()).toString('latin1')).toMatch(/bye$/);
    await eventually(() => expect(proxy.connections[0]?.openExchanges).toBe(0));
  });

  test('an upgrade that the server does not grant is an ordinary exchange; the next request follows', async () => {
    const proxy = await startProxy(await echoServer());
    const client = await proxy.client();
    const upgrade = 'GET /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
    await client.send(`${upgrade}GET /2 HTTP/1.1\r\nHost: h\r\n\r\n`);
    const text = (await client.untilText('GET /2 h')).toString('latin1');
    expect(text.indexOf('GET /1 h')).toBeGreaterThan(0);
  });

  test.each(['h2c', 'websocket, H2C', 'TLS/1.0', 'TLS/1.2, HTTP/1.1', 'HTTP/2.0'])(
    'an upgrade to %s, which would carry requests past the policy, is never offered on',
    async (offered) => {
      let seen: IncomingMessage['headers'] = {};
      const server = createHttpServer((request, response) => {
        seen = request.headers;
        response.end('plain');
      });
      const proxy = await startProxy(await listen(server));
      const client = await proxy.client();
      await client.send(
        `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${offered}\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
      );
      await client.untilText('plain');
      expect(seen.upgrade).toBeUndefined();
      expect(seen['http2-settings']).toBeUndefined();
    },
  );
});

describe('bad peers', () => {
  test.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'length and chunked',
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a header of 1 MB', `GET / HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(1024 * 1024)}\r\n\r\n`, 431],
    ['a bad chunk', 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ])('a client that sends %s is refused and sees the end', async (_what, request, status) => {
    const proxy = await startProxy(await echoServer());
    const client = await proxy.client();
    client.send(request).catch(() => {});
    const text = (await client.untilEnd()).toString('latin1');
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test.each([
    ['nonsense', 'nonsense\r\n\r\n', 'keep'],
    ['nothing but the end', '', 'end'],
    ['a reset', '', 'reset'],
    ['a body cut before its head', 'HTTP/1.1 200 OK\r\nContent-Le', 'end'],
  ] as const)('a server that answers with %s is a 502', async (_what, reply, after) => {
    const proxy = await startProxy(await cannedServer(reply, after));
    const client = await proxy.client();
    await client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect((await client.untilEnd()).toString('latin1')).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  test('a body that the server cuts is cut for the client too, never ended', async () => {
    const proxy = await startProxy(
      await cannedServer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'end'),
    );
    const client = await proxy.client();
    await client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    const text = (await client.untilEnd()).toString('latin1');
    expect(text).toContain('3\r\nabc\r\n');
    expect(text).not.toContain('0\r\n\r\n');
  });

  test('an early answer leaves the connection usable when the rest of the request is small', async () => {
    const proxy = await startProxy(await cannedServer('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
    const client = await proxy.client();
    await client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc');
    await client.untilText('403 Forbidden');
    await client.send('defGET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until((bytes) => bytes.toString().split('403 Forbidden').length === 3);
  });

  test('an endless body after an early answer ends the connection', async () => {
    const proxy = await startProxy(await cannedServer('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
    const client = await proxy.client();
    await client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.untilText('403 Forbidden');
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let i = 0; i < 8; i += 1) client.send(chunk).catch(() => {});
    await client.untilEnd();
  });

  test('a head dripped byte by byte is refused at its deadline, an idle connection ended at its own', async () => {
    const proxy = await startProxy(await echoServer());
    const dripping = await proxy.client();
    const idle = await proxy.client();
    await eventually(() => expect(proxy.connections).toHaveLength(2));
    for (const char of 'GET / HT') {
      await dripping.send(char);
      await proxy.clock.advanceAsync(1000);
    }
    proxy.clock.advance(10_000);
    expect((await dripping.untilEnd()).toString()).toMatch(/^HTTP\/1\.1 408 /);
    expect(idle.isEnded).toBe(false);
    proxy.clock.advance(600_000);
    await idle.untilEnd();
  });

  test('a client that stops reading stops the server, and is given up after a while', async () => {
    let written = 0;
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const block = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
        const fill = (): void => {
          while (!socket.destroyed && socket.write(block)) written += 1;
          if (!socket.destroyed) socket.once('drain', fill);
        };
        fill();
      });
    });
    const proxy = await startProxy(await listen(server));
    const client = await proxy.client();
    client.socket.pause();
    await client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await eventually(() => expect(proxy.connections[0]?.openExchanges).toBe(1));
    let before = -1;
    await eventually(() => {
      const isStill = before === written;
      before = written;
      expect(isStill && written > 0).toBe(true);
    });
    expect(written).toBeLessThan(400);
    await eventually(() => {
      proxy.clock.advance(301_000);
      expect(proxy.connections[0]?.openExchanges).toBe(0);
    });
  });
});

test('draining answers what is open, says that it closes, and takes nothing more', async () => {
  let answer = (): void => {};
  const server = createHttpServer((_request, response) => {
    answer = () => void response.end('done');
  });
  const proxy = await startProxy(await listen(server));
  const busy = await proxy.client();
  const idle = await proxy.client();
  await busy.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await eventually(() => expect(proxy.connections.filter((each) => each.openExchanges === 1)).toHaveLength(1));
  await eventually(() => expect(proxy.connections).toHaveLength(2));
  for (const connection of proxy.connections) connection.drain();
  await idle.untilEnd();
  answer();
  const text = (await busy.untilEnd()).toString('latin1');
  expect(text).toContain('connection: close');
  expect(text).toMatch(/done$/);
});

test('a head larger than a slab passes whole', async () => {
  const large = 'x'.repeat(40_000);
  const server = createHttpServer({ maxHeaderSize: 100_000 }, (request, response) => {
    response.setHeader('x-large', String(request.headers['x-large']));
    response.end('done');
  });
  const proxy = await startProxy(await listen(server));
  const client = await proxy.client();
  await client.send(`GET / HTTP/1.1\r\nHost: h\r\nX-Large: ${large}\r\n\r\n`);
  expect((await client.untilText('done')).toString('latin1')).toContain(`x-large: ${large}\r\n`);
});

test('what a server sends behind its response is no answer to the request that waits for the connection', async () => {
  // Answers HEAD with a body, as some applications do, and the client chose the body.
  const answered = Promise.withResolvers<void>();
  const port = await listen(
    createServer((socket) =>
      socket.on('data', (bytes) => {
        if (bytes.toString('latin1').startsWith('GET'))
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood');
        else
          void answered.promise.then(() =>
            socket.write(
              'HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
            ),
          );
      }),
    ),
  );
  const clock = new FakeClock();
  const shared = { limits: defaultHttpLimits, clock, sweeper: new DeadlineSweeper(clock, 250) };
  const pool = new ConnectionPool({
    maxConnections: 1,
    exchangesPerConnection: 1,
    maxWaiting: 10,
    connect: async (callbacks) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      disposals.push(() => void socket.destroy());
      return new Http1ClientConnection({ ...shared, ...callbacks, socket });
    },
  });
  const handled: string[] = [];
  const service: HttpService = {
    handle: (exchange) => {
      handled.push(exchange.request.method);
      pool.dispatch(exchange);
    },
    responded: () => {},
    failed: (exchange, cause: AbortCause) => rescue(exchange, cause, { mayExplain: true, onRefused: () => {} }),
    overdue: () => {},
    finished: () => {},
  };
  const proxyPort = await listen(
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      new Http1ServerConnection({ ...shared, socket, service, onClose: () => {} });
    }),
  );
  const client = async (): Promise<RawClient> => {
    const raw = await RawClient.connect(proxyPort, { timeoutMs: 5000 });
    disposals.push(() => raw[Symbol.asyncDispose]());
    return raw;
  };
  const attacker = await client();
  await attacker.send('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n');
  await eventually(() => expect(handled).toEqual(['HEAD']));
  const victim = await client();
  await victim.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await eventually(() => expect(handled).toEqual(['HEAD', 'GET']));
  answered.resolve();
  const response = await victim.until((bytes) => /good|evil/.test(bytes.toString('latin1')));
  expect(bodyOf(response)).toBe('good');
});

test('a request without an authority has no absolute target, whose path would be read as one', async () => {
  const proxy = await startProxy(await echoServer(), {}, (exchange) => {
    exchange.request.isAbsoluteForm = true;
    exchange.request.authority = '';
  });
  const client = await proxy.client();
  await client.send('GET /public/admin HTTP/1.1\r\nHost: h\r\n\r\n');
  expect((await client.untilText('x-saw')).toString('latin1')).toMatch(/x-saw: GET \/public\/admin ?\r\n/);
});

test('a body of unknown length does not go out as HTTP/1.0, which has no chunks', async () => {
  let seen = '';
  const port = await listen(
    createServer((socket) => socket.on('data', (bytes) => void (seen += bytes.toString('latin1')))),
  );
  const proxy = await startProxy(port, {}, ({ request }) => {
    request.version = '1.0';
  });
  const client = await proxy.client();
  await client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  await eventually(() => expect(seen).toContain('abc'));
  expect(seen).toMatch(/^POST \/ HTTP\/1\.1\r\n[^]*transfer-encoding: chunked\r\n/);
});
