/** Peers that send garbage, half of something, or somebody else's name: refused, and nobody else notices. */
import { createCertificateMill, RawClient } from '@heddle/testkit';
import { encodeTransportHeader } from '@heddle/wire/transport-header';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostileMesh, survives } from './support/hostile-mesh.ts';
import {
  clientPreface,
  endHeaders,
  endStream,
  FrameType,
  frame,
  framesOf,
  requestBlock,
} from './support/http2-bytes.ts';
import { type Credentials, forgedCredentials, tlsTo } from './support/mesh-client.ts';

let mesh: HostileMesh;
beforeAll(async () => {
  mesh = await HostileMesh.start();
});
afterAll(() => mesh.stop());

const garbage = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 167 + 13) % 256));
const hello = (payload: string): Buffer => Buffer.from(`160301${payload}`, 'hex');
const header = encodeTransportHeader({ port: 7001, name: undefined, sessionProtocol: 'http1' });
const headerOf = (bytes: string): Buffer => Buffer.concat([header.subarray(0, 23), Buffer.from(bytes, 'hex')]);
const request = Buffer.from('GET /authors/1 HTTP/1.1\r\nhost: authors\r\nconnection: close\r\n\r\n');
/** The record announces 512 bytes; five of them come. */
const halfHello = hello('0200010001fc03');

/** What came back before the proxy ended the connection. */
const answerTo = async (client: RawClient, ...bytes: readonly Uint8Array[]): Promise<string> => {
  await using peer = client;
  // A refusal may come before the last byte is sent.
  for (const part of bytes) await peer.send(part).catch(() => undefined);
  return (await peer.untilEnd()).toString('latin1');
};

const connectTo = (port: 'service' | 'inbound'): Promise<RawClient> =>
  RawClient.connect(port === 'service' ? 7001 : 4143, { host: mesh.address('authors'), timeoutMs: 20_000 });

describe('outside of TLS', () => {
  test.each<[name: string, port: 'service' | 'inbound', bytes: Buffer, answer: RegExp]>([
    ['garbage on a service port', 'service', garbage, /^$/],
    ['garbage on the inbound port', 'inbound', garbage, /^$/],
    ['plain HTTP on the inbound port', 'inbound', request, /^$/],
    ['a ClientHello that is none', 'service', hello('001002000008'.padEnd(40, '0')), /^$/],
    ['a TLS alert in its place', 'inbound', Buffer.from('15030100020228', 'hex'), /^$/],
    ['plain HTTP on a service port', 'service', request, /^HTTP\/1\.1 403 /],
  ])('%s is refused', async (_name, port, bytes, answer) => {
    await survives(mesh, 'authors', async () => {
      expect(await answerTo(await connectTo(port), bytes)).toMatch(answer);
    });
  });
});

test('HTTP/2 with prior knowledge, outside of TLS, learns a status and no reason', async () => {
  await survives(mesh, 'authors', async () => {
    await using client = await connectTo('service');
    await client.send(Buffer.concat([clientPreface, frame(FrameType.settings, 0, 0)]));
    await client.send(frame(FrameType.headers, endHeaders | endStream, 1, requestBlock()));
    const answer = await client.untilText('403');
    expect(framesOf(answer).find(({ streamId }) => streamId === 1)?.type).toBe(FrameType.headers);
    expect(answer.toString('latin1')).not.toContain('unauthorized');
  });
});

describe('inside mesh TLS', () => {
  test.each<[name: string, bytes: Buffer]>([
    ['garbage', garbage],
    ['plain HTTP in place of the transport header', request],
    ['a transport header of 2 GB', headerOf('7fffffff')],
    ['a transport header without a port', headerOf('00000000')],
    ['a transport header with port 0', headerOf('000000020800')],
    ['a transport header with port 65536', headerOf('0000000408808004')],
    ['a transport header that is no message', headerOf('00000004ffffffff')],
    [
      'a transport header for a gateway',
      encodeTransportHeader({ port: 7001, name: 'a.test', sessionProtocol: 'http1' }),
    ],
    [
      'a transport header to the inbound port itself',
      encodeTransportHeader({ port: 4143, name: undefined, sessionProtocol: 'http1' }),
    ],
  ])('%s is refused', async (_name, bytes) => {
    await survives(mesh, 'authors', async () => {
      expect(await answerTo(await mesh.toInboundPort('authors', mesh.books), bytes, request)).toBe('');
    });
  });

  test('garbage behind a good transport header is answered by the HTTP/1 codec', async () => {
    await survives(mesh, 'authors', async () => {
      expect(await answerTo(await mesh.fromBooks('authors', 'http1'), garbage)).toMatch(/^HTTP\/1\.1 400 /);
    });
  });
});

describe('in another name', () => {
  const books = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
  const webapp = 'webapp.booksapp.serviceaccount.identity.linkerd.cluster.local';
  const hourMs = 3_600_000;
  const now = Date.now();
  const forged = (names: readonly string[], fromMs = now - hourMs, toMs = now + hourMs) =>
    forgedCredentials(mesh.mesh.state.trustAnchorsFile, names, { fromMs, toMs });
  const foreign = (): Credentials => {
    const leaf = createCertificateMill().leaf(books);
    return { ca: mesh.books.ca, cert: leaf.chainPem, key: leaf.keyPem };
  };

  test.each<[name: string, make: () => Credentials]>([
    ['two names', () => forged([books, webapp])],
    ['no name', () => forged([])],
    ['a wildcard', () => forged(['*.booksapp.serviceaccount.identity.linkerd.cluster.local'])],
    ['a name with a NUL', () => forged([`${books}\0.evil.test`])],
    ['a time that is over', () => forged([books], now - 2 * hourMs, now - hourMs)],
    ['a time that has not begun (a clock that is wrong)', () => forged([books], now + hourMs, now + 2 * hourMs)],
    ['another trust anchor', foreign],
  ])('a certificate with %s is refused', async (_name, make) => {
    await survives(mesh, 'authors', async () => {
      // In TLS 1.3 a client learns of its refusal after its own handshake, or in its midst when it is slow.
      const client = await mesh.toInboundPort('authors', make()).catch(() => undefined);
      if (client !== undefined) expect(await answerTo(client, header, request)).toBe('');
    });
  });

  test('the same forgery with one name is let in: the table above refuses for the right reason', async () => {
    const client = await mesh.toInboundPort('authors', forged([books]));
    await client.send(header);
    await client.send(request);
    await client.untilText('HTTP/1.1 200 ');
    await client[Symbol.asyncDispose]();
  });

  test.each<[name: string, port: number, serverName: string]>([
    ['the inbound port', 4143, webapp],
    ['a service port', 7001, webapp],
    ['a service port, in a name that nobody has', 7001, 'nobody'],
  ])('TLS for another workload to %s is never terminated', async (_name, port, serverName) => {
    await survives(mesh, 'authors', async () => {
      const to = { host: mesh.address('authors'), port, serverName, credentials: mesh.books };
      await expect(tlsTo(to)).rejects.toThrow();
    });
  });
});

describe.concurrent('slowly, until the time for it is over', () => {
  test('half a ClientHello', async () => {
    const clients = await Promise.all([connectTo('service'), connectTo('inbound')]);
    expect(await Promise.all(clients.map((client) => answerTo(client, halfHello)))).toEqual(['', '']);
  });

  test('half a transport header', async () => {
    const client = await mesh.toInboundPort('authors', mesh.books);
    expect(await answerTo(client, header.subarray(0, 10))).toBe('');
  });

  test('a head of which a byte comes now and then (slow loris) is answered with 408', async () => {
    await using client = await mesh.fromBooks('authors', 'http1');
    await client.send('GET /authors/1 HTTP/1.1\r\nhost: authors\r\nx-slow: ');
    const drip = setInterval(() => void client.send('a').catch(() => undefined), 500);
    const answer = await client.untilEnd().finally(() => clearInterval(drip));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('an HTTP/2 header block that is never finished', async () => {
    await using client = await mesh.fromBooks('authors', 'http2');
    await client.send(Buffer.concat([clientPreface, frame(FrameType.settings, 0, 0)]));
    await client.send(frame(FrameType.headers, 0, 1, requestBlock()));
    const drip = setInterval(() => void client.send('').catch(() => undefined), 500);
    await client.untilEnd().finally(() => clearInterval(drip));
  });

  test('bytes dripped on a port with routes never become opaque bytes, though its Server admits everybody', async () => {
    await using client = await mesh.plain('detect');
    const text = 'GET /se';
    let sent = 0;
    const drip = setInterval(() => {
      if (sent < text.length) void client.send(text.charAt(sent++)).catch(() => undefined);
    }, 500);
    expect((await client.untilEnd().finally(() => clearInterval(drip))).toString()).toBe('');
    expect(mesh.seen('target')).toEqual([]);
  });

  test('no byte at all on such a port', async () => {
    await using client = await mesh.plain('detect');
    expect((await client.untilEnd()).toString()).toBe('');
    expect(mesh.seen('target')).toEqual([]);
  });
});

test('after all of it the applications have seen only what was allowed', async () => {
  expect([...new Set(await mesh.seenBefore('/authors/1?last'))]).toEqual(['saw GET /authors/1']);
  expect(mesh.seen('target')).toEqual([]);
});

test('the proxy has counted what it refused, by reason', async () => {
  const { address, adminPort } = mesh.mesh.workload('authors');
  const metrics = await (await fetch(`http://${address}:${adminPort}/metrics`)).text();
  const reasons = [...metrics.matchAll(/^inbound_tcp_errors_total\{error="([^"]+)"/gm)].map(([, reason]) => reason);
  expect(reasons).toEqual(
    expect.arrayContaining([
      'gateway domain invalid',
      'gateway loop',
      'identity required',
      'tls detection',
      'transport header',
      'untrusted',
    ]),
  );
});
