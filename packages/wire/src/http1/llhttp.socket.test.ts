/**
 * Against llhttp, through node:http on loopback: whatever our decoders accept, it accepts with the same framing. The
 * converse does not hold and is not meant to: we are stricter.
 */
import { createServer, METHODS, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RequestDecoder } from './request-decoder.ts';
import { ResponseDecoder } from './response-decoder.ts';
import corpus from './testdata/requests.json' with { type: 'json' };
import { type Finding, findings, summary } from './testing.ts';

let server: Server;
/** Requests that node:http has completed on each connection, by the client's port. */
const completed = new Map<number, string[]>();

beforeAll(async () => {
  server = createServer({ keepAliveTimeout: 0 }, (message, response) => {
    const port = message.socket.remotePort ?? 0;
    let octets = 0;
    message.on('data', (chunk: Buffer) => {
      octets += chunk.length;
    });
    message.on('error', () => {});
    message.on('end', () => {
      completed.get(port)?.push(`${message.method} ${message.url} ${octets}`);
      response.end();
    });
  });
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What node:http makes of these octets on one connection. */
const byNode = async (bytes: Buffer): Promise<string[]> => {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const requests: string[] = [];
  completed.set(socket.localPort ?? 0, requests);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {}); // a reset is an answer too
  socket.resume().end(bytes);
  socket.once('end', () => socket.destroy());
  await closed;
  completed.delete(socket.localPort ?? 0);
  return requests;
};

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each(corpus)('$name', async ({ input, error }) => {
  const ours = summary(findings(new RequestDecoder(), [bytesOf(input)]));
  const nodes = await byNode(bytesOf(input));
  if (error === undefined) expect(nodes).toEqual(ours.requests);
  else expect(nodes.slice(0, ours.requests.length)).toEqual(ours.requests);
});

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'M-SEARCH');
const line = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('X: y', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Connection: keep-alive'),
  },
  fc.constantFrom(
    'x:',
    'X:\t\xe4 ',
    'Content-Length: 0',
    'Expect: 100-continue',
    'Connection: x, close',
    'Trailer: x',
    'TE: trailers',
  ),
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}:[\t -~\x80-\xff]{0,10}$/),
);
const content = fc.constantFrom(
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;a=b;c="d"\r\nhello\r\n0\r\nX: y\r\n\r\n',
  '0\r\n\r\n',
  '00\r\n\r\n',
);
const target = fc.oneof(fc.constantFrom('/', '/a?b=c', 'http://a/x', '//'), fc.stringMatching(/^\/[!-~]{0,12}$/));
const message = fc
  .tuple(method, target, fc.constantFrom('1.1', '1.1', '1.0'), fc.array(line, { maxLength: 3 }), content)
  .map(([method, target, version, lines, content]) =>
    [`${method} ${target} HTTP/${version}`, 'Host: a', ...lines, '', content].join('\r\n'),
  );

test('random pipelines that we accept', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
      const bytes = bytesOf(messages.join(''));
      const { requests } = summary(findings(new RequestDecoder(), [bytes]));
      // llhttp has a list of methods; we let extension methods pass, as a proxy must.
      const unknown = requests.findIndex((request) => !METHODS.includes(request.split(' ')[0] ?? ''));
      const ours = unknown < 0 ? requests : requests.slice(0, unknown);
      accepted += ours.length;
      expect((await byNode(bytes)).slice(0, ours.length)).toEqual(ours);
    }),
    { numRuns: 600 },
  );
  expect(accepted).toBeGreaterThan(100);
});

/** What node:http's client makes of a response, in the shape of our findings. */
const responseByNode = async (text: string, method: string): Promise<unknown> => {
  const origin = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(text, 'latin1'));
  });
  origin.listen(0, '127.0.0.1');
  await new Promise((resolve) => origin.once('listening', resolve));
  try {
    return await new Promise((resolve, reject) => {
      const { port } = origin.address() as AddressInfo;
      request({ port, host: '127.0.0.1', method, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const trailers = pairs(response.rawTrailers);
          const data = Buffer.concat(chunks).toString('latin1');
          resolve({
            status: response.statusCode,
            reason: response.statusMessage,
            headers: pairs(response.rawHeaders),
            data,
            trailers,
          });
        });
      })
        .on('error', reject)
        .end();
    });
  } finally {
    await new Promise((resolve) => origin.close(resolve));
  }
};

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name.toLowerCase(), flat[i + 1] ?? '']] : []));

const responseByUs = (found: readonly Finding[]): unknown => {
  const answer = { status: 0, reason: '', headers: [] as unknown, data: '', trailers: [] as unknown };
  for (const finding of found) {
    if (finding.event === 'head')
      Object.assign(answer, {
        status: finding.head['status'],
        reason: finding.head['reason'],
        headers: finding.head['headers'],
      });
    if (finding.event === 'body') answer.data = finding.data;
    if (finding.event === 'trailers') answer.trailers = finding.fields;
  }
  return answer;
};

test.each([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'GET'],
  [
    'chunks and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n2;a=b\r\nhi\r\n0\r\nX: y\r\n\r\n',
    'GET',
  ],
  ['until close', 'HTTP/1.1 200 OK\r\nX: \xe4 \r\n\r\nhi', 'GET'],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhi', 'GET'],
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'HEAD'],
  ['HEAD with a coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HEAD'],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET'],
  ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', 'GET'],
  [
    'interim responses',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nl: x\r\n\r\nHTTP/1.1 201 \r\nContent-Length: 1\r\n\r\na',
    'GET',
  ],
  ['no reason', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na', 'GET'],
  ['a connection that closes', 'HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 1\r\n\r\na', 'POST'],
])('a response that we accept: %s', async (_, text, method) => {
  const decoder = new ResponseDecoder();
  decoder.expect(method, false);
  const found = findings(decoder, [bytesOf(text)]);
  expect(found.at(-1)).toEqual({ event: 'closed' });
  expect(await responseByNode(text, method)).toEqual(responseByUs(found));
});
