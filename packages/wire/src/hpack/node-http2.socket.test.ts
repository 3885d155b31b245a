/** Node's HTTP/2 (nghttp2) as the other end: its HPACK encoder against our decoder, our encoder against its decoder. */
import { connect as connectHttp2, createServer as createHttp2Server, type OutgoingHttpHeaders } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { HeaderList } from '../header-list.ts';
import { Http2Event } from '../http2/event.ts';
import { Http2FrameDecoder } from '../http2/frame-decoder.ts';
import { encodeFrameHeader } from '../http2/frame-encoder.ts';
import { encodeHeaders, headersBound, requestBlock } from '../http2/head-encoder.ts';
import { clientPreface } from '../http2/protocol.ts';
import { HpackDecoder } from './decoder.ts';
import { tableSizeZero } from './encoder.ts';
import { CollectingSink } from './testing.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

const portOf = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  disposals.push(() => server.close());
  return (server.address() as { port: number }).port;
};

const settings = Buffer.alloc(9);
encodeFrameHeader(settings, 0, 0, 4, 0, 0);

/** Heads as applications send them: some names and values come again and again, some never do; any octets. */
const heads = (seed: number, count: number): [string, string][][] => {
  const octet = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
  const text = fc
    .string({ unit: octet.map((code) => String.fromCharCode(code)), maxLength: 50 })
    .map((value) => value.replace(/^ +| +$/g, ''));
  const value = fc.oneof(fc.constantFrom('gzip, deflate', 'books', '', 'application/json', 'a=1; b=2'), text);
  const name = fc.oneof(
    fc.constantFrom('accept', 'user-agent', 'cache-control', 'x-request-id', 'x-app', 'authorization'),
    fc.stringMatching(/^x-[a-z0-9-]{1,20}$/),
  );
  const head = fc.uniqueArray(fc.tuple(name, value), { maxLength: 12, selector: ([n]) => n });
  return fc.sample(head, { seed, numRuns: count });
};

test('blocks of nghttp2, with its dynamic table and Huffman code, decode to what was sent', async () => {
  const sent = heads(42, 400);
  const decoded: [string, string][][] = [];
  const done = Promise.withResolvers<void>();
  const port = await portOf(
    createServer((socket: Socket) => {
      disposals.push(() => socket.destroy());
      socket.on('error', () => undefined);
      // Default settings: the client may use 4096 octets of table.
      socket.write(settings);
      const frames = new Http2FrameDecoder(true);
      const hpack = new HpackDecoder({ maxListSize: 1 << 20, maxFields: 1000 });
      socket.on('data', (chunk: Buffer) => {
        frames.push(chunk);
        for (let event = frames.next(); event !== Http2Event.needMore; event = frames.next()) {
          if (event !== Http2Event.headers) continue;
          const sink = new CollectingSink();
          expect(hpack.decode(frames.bytes, frames.start, frames.end, sink)).toBe('ok');
          decoded.push(sink.fields);
          if (decoded.length === sent.length) done.resolve();
        }
      });
    }),
  );
  const session = connectHttp2(`http://127.0.0.1:${port}`, { peerMaxConcurrentStreams: 1000 });
  session.on('error', () => undefined);
  disposals.push(() => session.destroy());
  for (const [i, fields] of sent.entries()) {
    const headers: OutgoingHttpHeaders = { ':path': `/${i % 10}`, ...Object.fromEntries(fields) };
    session.request(headers).on('error', () => undefined);
  }
  await done.promise;
  for (const [i, fields] of sent.entries()) {
    const got = decoded[i] ?? [];
    expect(new Map(got).get(':path')).toBe(`/${i % 10}`);
    expect(new Map(got.filter(([name]) => !name.startsWith(':')))).toEqual(new Map(fields));
  }
});

test('blocks of our encoder are what nghttp2 decodes', async () => {
  const sent = heads(43, 200);
  const seen: Map<string, string>[] = [];
  const done = Promise.withResolvers<void>();
  const server = createHttp2Server();
  server.on('session', (session) => disposals.push(() => session.destroy()));
  server.on('stream', (stream, headers, _flags, raw: string[]) => {
    const fields = new Map<string, string>();
    for (let i = 0; i < raw.length; i += 2) fields.set(raw[i] ?? '', raw[i + 1] ?? '');
    seen[Number(headers[':path']?.slice(1))] = fields;
    stream.close();
    if (Object.keys(seen).length === sent.length) done.resolve();
  });
  const socket = connect(await portOf(server), '127.0.0.1');
  disposals.push(() => socket.destroy());
  socket.write(Buffer.concat([clientPreface, settings]));
  for (const [i, fields] of sent.entries()) {
    const head = {
      method: 'GET',
      scheme: 'http',
      authority: 'h',
      target: `/${i}`,
      headers: HeaderList.from(fields),
      contentLength: -1,
    };
    const block = requestBlock(i === 0 ? tableSizeZero : '', head);
    const out = Buffer.alloc(headersBound(block));
    const frame = { streamId: 2 * i + 1, isEndStream: true, maxFrameBytes: 16_384 };
    socket.write(out.subarray(0, encodeHeaders(out, 0, block, frame)));
  }
  await done.promise;
  for (const [i, fields] of sent.entries()) {
    const got = seen[i] ?? new Map<string, string>();
    expect([got.get(':method'), got.get(':scheme'), got.get(':authority')]).toEqual(['GET', 'http', 'h']);
    for (const [name, value] of fields) expect([name, got.get(name)]).toEqual([name, value]);
  }
});
