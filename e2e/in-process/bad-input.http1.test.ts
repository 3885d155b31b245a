/**
 * HTTP/1 that two parsers could read differently, sent by a client that policy lets in, to the real authors application,
 * which tells how many requests it saw. What is refused reaches it never; what is not is one request, the same for both.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostileMesh, survives } from './support/hostile-mesh.ts';

let mesh: HostileMesh;
beforeAll(async () => {
  mesh = await HostileMesh.start();
});
afterAll(() => mesh.stop());

/** Sends `bytes` on books' behalf; returns the answers, and the requests that the application saw meanwhile. */
const send = async (bytes: string | Uint8Array): Promise<{ readonly statuses: string[]; readonly saw: string[] }> => {
  const mark = `/authors/2?mark=${marks++}`;
  const before = (await mesh.seenBefore(mark)).length + 1;
  await using client = await mesh.fromBooks('authors', 'http1');
  await client.send(bytes).catch(() => undefined);
  client.end();
  const answer = (await client.untilEnd()).toString('latin1');
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);
  return { statuses, saw: (await mesh.seenBefore(`/authors/2?mark=${marks++}`)).slice(before) };
};
let marks = 0;

const post = (...lines: readonly string[]): string => ['POST /authors.json HTTP/1.1', 'host: a', ...lines].join('\r\n');
const get = (...lines: readonly string[]): string => ['GET /authors/1 HTTP/1.1', 'host: a', ...lines].join('\r\n');
const smuggled = 'GET /admin HTTP/1.1\r\nhost: a\r\n\r\n';
const chunked = 'transfer-encoding: chunked';

describe('refused before anybody else reads it', () => {
  test.each<[name: string, bytes: string, status: string]>([
    ['a length and a coding', get('content-length: 4', chunked, '', `0\r\n\r\n${smuggled}`), '400'],
    ['a coding and a length', get(chunked, 'content-length: 4', '', `0\r\n\r\n${smuggled}`), '400'],
    ['two lengths', get('content-length: 0', `content-length: ${smuggled.length}`, '', smuggled), '400'],
    ['one length twice', get('content-length: 0', 'content-length: 0', '', ''), '400'],
    ['a list of lengths', get('content-length: 0, 33', '', smuggled), '400'],
    ['a length with a sign', get('content-length: +33', '', smuggled), '400'],
    ['a length below nothing', get('content-length: -1', '', smuggled), '400'],
    ['a length in hexadecimal', get('content-length: 0x21', '', smuggled), '400'],
    ['a length beyond any', get('content-length: 99999999999999999999', '', smuggled), '400'],
    ['another coding', get('transfer-encoding: identity', '', smuggled), '501'],
    ['chunked, and another coding', get('transfer-encoding: chunked, identity', '', `0\r\n\r\n${smuggled}`), '501'],
    ['a coding that looks like chunked', get('transfer-encoding: \x0bchunked', '', `0\r\n\r\n${smuggled}`), '400'],
    ['two codings', get(chunked, chunked, '', `0\r\n\r\n${smuggled}`), '400'],
    ['a folded coding', get('transfer-encoding:', ' chunked', '', `0\r\n\r\n${smuggled}`), '400'],
    ['a space before the colon', get('transfer-encoding : chunked', '', `0\r\n\r\n${smuggled}`), '400'],
    ['a space before the first name', get(' content-length: 4', '', smuggled), '400'],
    ['a coding in HTTP/1.0', get(chunked, '', '0\r\n\r\n').replace('1.1', '1.0'), '400'],
    ['lines that end with LF', 'GET /authors/1 HTTP/1.1\nhost: a\n\n', '400'],
    ['a CR inside a value', get('x-a: b\rtransfer-encoding: chunked', '', ''), '400'],
    ['a NUL inside a value', get('x-a: b\0', '', ''), '400'],
    ['a field without a colon', get('x-a', '', ''), '400'],
    ['two hosts', get('host: b', '', ''), '400'],
    ['no host', 'GET /authors/1 HTTP/1.1\r\n\r\n', '400'],
    ['a host with a path', 'GET /authors/1 HTTP/1.1\r\nhost: a/admin\r\n\r\n', '400'],
    ['a host that contradicts the target', get('', '').replace('/authors/1', 'http://b/authors/1'), '400'],
    ['another version', get('', '').replace('HTTP/1.1', 'HTTP/3.0'), '505'],
    ['a chunk size with a sign', get(chunked, '', `+0\r\n\r\n${smuggled}`), '400'],
    ['a chunk size with 0x', get(chunked, '', `0x0\r\n\r\n${smuggled}`), '400'],
    ['a chunk size behind a blank', get(chunked, '', ` 0\r\n\r\n${smuggled}`), '400'],
    ['a chunk size beyond any', get(chunked, '', 'fffffffffffffffff\r\n'), '400'],
    ['a chunk size that ends with LF', get(chunked, '', `0\n\r\n${smuggled}`), '400'],
    ['a chunk extension with LF', get(chunked, '', `1;a\nb\r\nx\r\n0\r\n\r\n${smuggled}`), '400'],
    ['a chunk longer than it says', get(chunked, '', `1\r\nxyz\r\n0\r\n\r\n${smuggled}`), '400'],
  ])('%s', async (_name, bytes, status) => {
    const { statuses, saw } = await send(bytes);
    expect(statuses).toEqual([status]);
    // The head of a message whose body breaks later may have gone on; the application then sees it end, unanswered.
    expect(saw.filter((line) => line !== 'saw GET /authors/1')).toEqual([]);
  });
});

describe('one request for all who read it', () => {
  test.each<[name: string, bytes: string, statuses: string[], saw: number]>([
    ['a request in the body of another', get(`content-length: ${smuggled.length}`, '', smuggled), ['200'], 1],
    [
      'the same in a chunk',
      get(chunked, '', `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`),
      ['200'],
      1,
    ],
    ['a forbidden request behind an allowed one', get('', smuggled), ['200', '404'], 1],
    ['a coding under another name', get('transfer_encoding: chunked', '', smuggled), ['200', '404'], 1],
    [
      'an upgrade to HTTP/2',
      get('connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABk', '', smuggled),
      ['200', '404'],
      1,
    ],
    [
      'an upgrade, and bytes before it is granted',
      get('connection: upgrade', 'upgrade: websocket', '', smuggled),
      ['200', '404'],
      1,
    ],
    ['a field that the connection names away', get('connection: host, x-a', 'x-a: b', '', ''), ['200'], 1],
    [
      'CONNECT, and bytes before it is granted',
      `CONNECT authors:7001 HTTP/1.1\r\nhost: authors:7001\r\n\r\n${smuggled}`,
      ['404', '404'],
      0,
    ],
    ['a method that is not granted', post('content-length: 0', '', ''), ['404'], 0],
    ["the mesh's own fields", get('l5d-client-id: me', 'l5d-orig-proto: HTTP/2', '', ''), ['200'], 1],
  ])('%s', async (_name, bytes, statuses, count) => {
    const result = await send(bytes);
    expect(result.statuses).toEqual(statuses);
    expect(result.saw).toEqual(Array<string>(count).fill('saw GET /authors/1'));
  });
});

describe('without an end', () => {
  const megabyte = 'a'.repeat(1024 * 1024);

  test.each<[name: string, bytes: string, status: string]>([
    ['a header of 1 MB', get(`x-long: ${megabyte}`, '', ''), '431'],
    ['a name of 1 MB', get(`${megabyte}: x`, '', ''), '431'],
    ['a target of 1 MB', get('', '').replace('/1', `/${megabyte}`), '414'],
    ['a method of 1 MB', `${megabyte} / HTTP/1.1\r\n`, '414'],
    ['100 000 headers', get('a: b\r\n'.repeat(100_000)), '431'],
    ['a chunk extension of 1 MB', get(chunked, '', `1;a=${megabyte}`), '400'],
    ['a chunk size of 1 MB of zeros', get(chunked, '', '0'.repeat(1024 * 1024)), '400'],
    ['trailers of 1 MB', get(chunked, '', `0\r\nx-long: ${megabyte}\r\n\r\n`), '431'],
  ])('%s is refused before it is held', async (_name, bytes, status) => {
    await survives(mesh, 'authors', async () => {
      expect((await send(bytes)).statuses).toEqual([status]);
    });
  });

  test('a body of endless chunks ends when the application has answered, and is held by nobody', async () => {
    await survives(mesh, 'authors', async () => {
      // authors takes 64 kB of a body and then answers; who goes on sending is cut off.
      await using client = await mesh.fromBooks('authors', 'http1');
      await client.send(get(chunked, '', ''));
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      let sentMb = 0;
      while (!client.isEnded && sentMb < 64) {
        await client.send(chunk).catch(() => undefined);
        sentMb += 1 / 16;
      }
      await client.untilEnd();
      expect(client.received.toString('latin1')).toMatch(/^HTTP\/1\.1 502 /);
      expect(sentMb).toBeLessThan(64);
    });
  });
});

test('the secret of /admin was never asked for', async () => {
  const saw = await mesh.seenBefore('/authors/1?last');
  expect(saw.length).toBeGreaterThan(10);
  expect(saw.filter((line) => !/ \/authors\/[12](?:\?.*)?$/.test(line))).toEqual([]);
});
