/**
 * HTTP/2 as an abuser speaks it, inside mesh TLS and with a granted identity: the connection or the stream is ended with
 * the code that says why, and nobody else's request waits for it. `apps/proxy/src/http2` tests many more, frame by frame.
 */
import { eventually, type RawClient } from '@heddle/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostileMesh, survives } from './support/hostile-mesh.ts';
import {
  clientPreface,
  ErrorCode,
  endHeaders,
  endStream,
  FrameType,
  frame,
  goawayCode,
  requestBlock,
  resetCode,
  uint32,
} from './support/http2-bytes.ts';

const { data, headers, rstStream, settings, ping, windowUpdate, continuation } = FrameType;

let mesh: HostileMesh;
beforeAll(async () => {
  mesh = await HostileMesh.start();
});
afterAll(() => mesh.stop());

/** Its SETTINGS are never acknowledged, so that the peer may use a dynamic table. */
const connect = async (): Promise<RawClient> => {
  const client = await mesh.fromBooks('authors', 'http2');
  await client.send(Buffer.concat([clientPreface, frame(settings, 0, 0)]));
  return client;
};

const times = (count: number, of: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => of(at)));
/** Says that the request is HTTP/1 on its way in HTTP/2, as between two proxies: so it reaches the application. */
const ofHttp1 = ['l5d-orig-proto', 'HTTP/1.1'] as const;
const get = (id: number): Buffer => frame(headers, endHeaders | endStream, id, requestBlock({}, ofHttp1));
const reset = (id: number): Buffer => frame(rstStream, 0, id, uint32(ErrorCode.cancel));

/** `0x40` adds a field to the peer's table as long as it may; `0xbe` names it again, in one byte. */
const bomb = Buffer.concat([
  requestBlock(),
  Buffer.from('40016120', 'hex'),
  Buffer.alloc(32, 'a'),
  Buffer.alloc(12_000, 0xbe),
]);

describe('the connection ends with', () => {
  test.each<[name: string, code: keyof typeof ErrorCode, bytes: Buffer]>([
    [
      'rapid reset (CVE-2023-44487)',
      'enhanceYourCalm',
      times(4000, (at) => Buffer.concat([get(2 * at + 1), reset(2 * at + 1)])),
    ],
    [
      'making the proxy reset (MadeYouReset)',
      'enhanceYourCalm',
      times(4000, (at) =>
        Buffer.concat([
          frame(headers, endHeaders | endStream, 2 * at + 1, requestBlock()),
          frame(windowUpdate, 0, 2 * at + 1, uint32(0)),
        ]),
      ),
    ],
    [
      'a CONTINUATION flood (CVE-2024-27316)',
      'enhanceYourCalm',
      Buffer.concat([frame(headers, 0, 1, requestBlock()), times(10_000, () => frame(continuation, 0, 1))]),
    ],
    [
      'a header block of 1 MB',
      'enhanceYourCalm',
      Buffer.concat([
        frame(headers, 0, 1, requestBlock()),
        times(64, () => frame(continuation, 0, 1, Buffer.alloc(16_384))),
      ]),
    ],
    ['a SETTINGS flood', 'enhanceYourCalm', times(20_000, () => frame(settings, 0, 0))],
    ['a PING flood', 'enhanceYourCalm', times(20_000, () => frame(ping, 0, 0, '01234567'))],
    [
      'a flood of empty DATA',
      'enhanceYourCalm',
      Buffer.concat([
        frame(headers, endHeaders, 1, requestBlock({ ':method': 'POST' })),
        times(20_000, () => frame(data, 0, 1)),
      ]),
    ],
    ['a window beyond 2^31 - 1 (CVE-2026-21714)', 'flowControlError', frame(windowUpdate, 0, 0, uint32(0x7fff_ffff))],
    ['a frame beyond the limit', 'frameSizeError', frame(data, 0, 1, Buffer.alloc(1024 * 1024))],
    ['garbage', 'frameSizeError', Buffer.alloc(4096, 0xff)],
  ])('%s', async (_name, code, bytes) => {
    await survives(mesh, 'authors', async () => {
      await using client = await connect();
      await client.send(bytes).catch(() => undefined);
      expect(goawayCode(await client.untilEnd())).toBe(ErrorCode[code]);
    });
  });
});

describe('one stream ends, and the next is served on the same connection, with', () => {
  const path = (value: string): Buffer => requestBlock({ ':path': value });
  const field = (name: string, value: string): Buffer => requestBlock({}, [name, value]);
  test.each<[name: string, code: keyof typeof ErrorCode, block: Buffer]>([
    ['an HPACK bomb (CVE-2026-49975)', 'enhanceYourCalm', bomb],
    [
      'a request hidden in a value',
      'protocolError',
      requestBlock({}, ofHttp1, ['x-a', 'b\r\n\r\nGET /admin HTTP/1.1\r\nhost: a']),
    ],
    ['a request hidden in a name', 'protocolError', requestBlock({}, ofHttp1, ['x-a: b\r\nx-b', 'c'])],
    ['a NUL in a value', 'protocolError', field('x-a', 'b\0')],
    ['an upper-case name', 'protocolError', field('X-A', 'b')],
    [
      'a request hidden in the path',
      'protocolError',
      requestBlock({ ':path': '/authors/1 HTTP/1.1\r\nhost: a\r\n\r\nGET /admin' }, ofHttp1),
    ],
    ['a path without its slash (CVE-2026-33186)', 'protocolError', path('admin')],
    ['an empty path', 'protocolError', path('')],
    ['a method that is none', 'protocolError', requestBlock({ ':method': 'GET /admin HTTP/1.1\r\n' }, ofHttp1)],
    ['a coding of HTTP/1', 'protocolError', field('transfer-encoding', 'chunked')],
    ['a field of HTTP/1 connections', 'protocolError', field('connection', 'close')],
    ['two paths', 'protocolError', field(':path', '/admin')],
    ['a pseudo-header field of responses', 'protocolError', field(':status', '200')],
    ['a host that contradicts the authority', 'protocolError', field('host', 'b')],
    ['a length that is not kept', 'protocolError', field('content-length', '33')],
  ])('%s', async (_name, code, block) => {
    await survives(mesh, 'authors', async () => {
      await using client = await connect();
      await client.send(frame(headers, endHeaders | endStream, 1, block));
      await eventually(() => expect(resetCode(client.received, 1)).toBe(ErrorCode[code]));
      await client.send(get(3));
      await client.untilText('Ursula');
    });
  });
});

test('none of it reached the application', async () => {
  expect([...new Set(await mesh.seenBefore('/authors/1?last'))]).toEqual(['saw GET /authors/1']);
});
