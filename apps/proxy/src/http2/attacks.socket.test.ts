/** What hostile or broken peers do, frame by frame, and how it ends. */

import { connect } from 'node:net';
import { eventually } from '@heddle/testkit';
import { encodeField } from '@heddle/wire/hpack';
import { clientPreface, ErrorCode, FrameType } from '@heddle/wire/http2';
import { afterEach, describe, expect, test } from 'vitest';
import { queuedOfProcess } from './output.ts';
import {
  Disposals,
  FramePeer,
  frame,
  getBlock,
  okBlock,
  type ProxyOptions,
  postBlock,
  rawServer,
  setting,
  startProxy,
  type TestProxy,
  uint32,
} from './testing.ts';

const disposals = new Disposals();
afterEach(async () => {
  await disposals.run();
  await eventually(() => expect(queuedOfProcess.bytes).toBe(0));
});

const { data, headers, priority, rstStream, settings, pushPromise, ping, goaway, windowUpdate, continuation } =
  FrameType;
const endStream = 1;
const endHeaders = 4;
const padded = 8;

const get = (id: number): Buffer => frame(headers, endHeaders | endStream, id, getBlock);
const post = (id: number): Buffer => frame(headers, endHeaders, id, postBlock);
const times = (count: number, of: (i: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => of(i)));

/** A request head with these fields behind the pseudo-header fields of `POST /`. */
const postWith = (id: number, ...fields: readonly (readonly [string, string])[]): Buffer => {
  const block = Buffer.alloc(70_000);
  let end = postBlock.copy(block);
  for (const [name, value] of fields) end = encodeField(block, end, name, value);
  return frame(headers, endHeaders, id, block.subarray(0, end));
};

interface Setup {
  readonly proxy: TestProxy;
  readonly peer: FramePeer;
}

/** A client that attacks; what it manages to open is answered by nobody. */
const attack = async (options: ProxyOptions = {}): Promise<Setup> => {
  const proxy = await startProxy(1, disposals, { handle: () => true, ...options });
  return { proxy, peer: await FramePeer.connect(proxy.port, disposals) };
};

const quick: ProxyOptions = { limits: { http2: { maxResetsPerSecond: 10, maxControlFramesPerSecond: 20 } } };

describe('a client ends its connection by', () => {
  test.each<[name: string, code: keyof typeof ErrorCode, reason: string, frames: Buffer]>([
    [
      'rapid reset (CVE-2023-44487)',
      'enhanceYourCalm',
      'too-many-resets',
      times(200, (i) => Buffer.concat([get(2 * i + 1), frame(rstStream, 0, 2 * i + 1, uint32(8))])),
    ],
    [
      'making us reset (MadeYouReset): increments of 0',
      'enhanceYourCalm',
      'too-many-resets',
      times(200, (i) => Buffer.concat([get(2 * i + 1), frame(windowUpdate, 0, 2 * i + 1, uint32(0))])),
    ],
    [
      'making us reset: DATA behind the end',
      'enhanceYourCalm',
      'too-many-resets',
      times(200, (i) => Buffer.concat([get(2 * i + 1), frame(data, 0, 2 * i + 1, 'x')])),
    ],
    [
      'making us reset: windows beyond 2^31 - 1',
      'enhanceYourCalm',
      'too-many-resets',
      times(200, (i) => Buffer.concat([get(2 * i + 1), frame(windowUpdate, 0, 2 * i + 1, uint32(0x7fff_ffff))])),
    ],
    [
      'making us reset: malformed requests',
      'enhanceYourCalm',
      'too-many-resets',
      times(200, (i) => postWith(2 * i + 1, ['connection', 'close'])),
    ],
    [
      'resetting closed streams',
      'enhanceYourCalm',
      'too-many-resets',
      Buffer.concat([get(1), times(200, () => frame(rstStream, 0, 1, uint32(8)))]),
    ],
    [
      'a CONTINUATION flood (CVE-2024-27316)',
      'enhanceYourCalm',
      'too-many-continuations',
      Buffer.concat([frame(headers, 0, 1, getBlock), times(100, () => frame(continuation, 0, 1))]),
    ],
    [
      'an endless header block',
      'enhanceYourCalm',
      'block-too-large',
      Buffer.concat([frame(headers, 0, 1, getBlock), times(6, () => frame(continuation, 0, 1, Buffer.alloc(16_000)))]),
    ],
    ['a SETTINGS flood', 'enhanceYourCalm', 'too-many-control-frames', times(300, () => frame(settings, 0, 0))],
    ['a PING flood', 'enhanceYourCalm', 'too-many-control-frames', times(300, () => frame(ping, 0, 0, '01234567'))],
    [
      'PING acknowledgements nobody asked for',
      'enhanceYourCalm',
      'too-many-control-frames',
      times(300, () => frame(ping, 1, 0, '01234567')),
    ],
    [
      'a flood of empty DATA',
      'enhanceYourCalm',
      'too-many-control-frames',
      Buffer.concat([post(1), times(300, () => frame(data, 0, 1))]),
    ],
    [
      'a flood of padding',
      'enhanceYourCalm',
      'too-many-control-frames',
      Buffer.concat([post(1), times(300, () => frame(data, padded, 1, '\0'))]),
    ],
    [
      'a PRIORITY flood',
      'enhanceYourCalm',
      'too-many-control-frames',
      times(300, () => frame(priority, 0, 1, '12345')),
    ],
    [
      'a flood of unknown frames',
      'enhanceYourCalm',
      'too-many-control-frames',
      times(300, () => frame(0xbe, 0, 0, 'x')),
    ],
    [
      'a flood of WINDOW_UPDATE without data',
      'enhanceYourCalm',
      'too-many-control-frames',
      times(300, () => frame(windowUpdate, 0, 0, uint32(1))),
    ],
    ['a GOAWAY flood', 'enhanceYourCalm', 'too-many-control-frames', times(300, () => frame(goaway, 0, 0, '01234567'))],
    [
      'a connection window beyond 2^31 - 1',
      'flowControlError',
      'connection-window-overflow',
      frame(windowUpdate, 0, 0, uint32(0x7fff_ffff)),
    ],
    ['a connection increment of 0', 'protocolError', 'zero-connection-increment', frame(windowUpdate, 0, 0, uint32(0))],
    [
      'an initial window above 2^31 - 1',
      'flowControlError',
      'bad-initial-window',
      frame(settings, 0, 0, setting(4, 0x8000_0000)),
    ],
    [
      'an initial window that overflows an open stream',
      'flowControlError',
      'bad-initial-window',
      Buffer.concat([
        get(1),
        frame(windowUpdate, 0, 1, uint32(0x7fff_0000)),
        frame(settings, 0, 0, setting(4, 0x7fff_ffff)),
      ]),
    ],
    [
      'a block that cannot be decoded',
      'compressionError',
      'bad-compression',
      frame(headers, endHeaders, 1, 'x'.repeat(3)),
    ],
    ['DATA on a stream that was never opened', 'protocolError', 'idle-stream', frame(data, 0, 1, 'x')],
    ['WINDOW_UPDATE on such a stream', 'protocolError', 'idle-stream', frame(windowUpdate, 0, 7, uint32(1))],
    ['RST_STREAM on such a stream', 'protocolError', 'idle-stream', frame(rstStream, 0, 7, uint32(1))],
    ['DATA on a stream of ours', 'protocolError', 'idle-stream', frame(data, 0, 2, 'x')],
    ['an even stream id', 'protocolError', 'bad-stream-id', get(2)],
    ['a stream id below the last', 'streamClosed', 'closed-stream', Buffer.concat([get(5), get(3)])],
    [
      'a frame on a stream it has reset',
      'streamClosed',
      'closed-stream',
      Buffer.concat([post(1), frame(rstStream, 0, 1, uint32(8)), frame(data, 0, 1, 'x')]),
    ],
    ['acknowledging SETTINGS twice', 'protocolError', 'unexpected-settings-ack', times(2, () => frame(settings, 1, 0))],
    ['PUSH_PROMISE', 'protocolError', 'push-promise', frame(pushPromise, endHeaders, 1, '\0\0\0\x02')],
    ['a frame above the maximum', 'frameSizeError', 'frame-too-large', frame(data, 0, 1, Buffer.alloc(16_385))],
    [
      'keeping its dynamic table after it acknowledged a size of 0',
      'compressionError',
      'bad-compression',
      Buffer.concat([frame(settings, 1, 0), frame(headers, endHeaders | endStream, 1, getBlock.subarray(1))]),
    ],
    [
      'naming an entry that the dynamic table cannot have',
      'compressionError',
      'bad-compression',
      frame(headers, endHeaders | endStream, 1, Buffer.concat([getBlock, Buffer.from([0xbe])])),
    ],
  ])('%s', async (_name, code, reason, frames) => {
    const { proxy, peer } = await attack(quick);
    peer.send(frames);
    const bye = await peer.until('GOAWAY', ({ type }) => type === 'goaway');
    expect(bye.number).toBe(ErrorCode[code]);
    await peer.untilClosed();
    await eventually(() => expect(proxy.closed).toHaveLength(1));
    expect(proxy.closed[0]).toContain(`server: ${reason}:`);
    expect(proxy.servers[0]?.openExchanges).toBe(0);
    expect(proxy.clock.pendingTimers).toBe(0);
  });

  test.each([
    ['HTTP/1 instead of the preface', Buffer.from('GET / HTTP/1.1\r\nHost: h\r\n\r\n')],
    ['another frame before SETTINGS', Buffer.concat([clientPreface, get(1)])],
  ])('%s', async (_name, bytes) => {
    const { proxy } = await attack();
    const socket = connect({ port: proxy.port, host: '127.0.0.1' });
    const peer = new FramePeer(socket, false);
    disposals.add(() => void socket.destroy());
    peer.send(bytes);
    const bye = await peer.until('GOAWAY', ({ type }) => type === 'goaway');
    expect(bye.number).toBe(ErrorCode.protocolError);
    await peer.untilClosed();
  });
});

describe('a client loses one stream, and only that, by', () => {
  test.each<[name: string, code: keyof typeof ErrorCode, frames: Buffer]>([
    [
      'an HPACK bomb: one field named thousands of times',
      'enhanceYourCalm',
      (() => {
        const block = Buffer.concat([
          postBlock.subarray(1),
          Buffer.from('40016180', 'hex'),
          Buffer.alloc(12_000, 0xbe),
        ]);
        return frame(headers, endHeaders, 1, block);
      })(),
    ],
    [
      'more cookie crumbs than fields are allowed',
      'enhanceYourCalm',
      postWith(1, ...Array.from({ length: 300 }, (): [string, string] => ['cookie', ''])),
    ],
    ['a malformed field', 'protocolError', postWith(1, ['x-a', 'b\r\nc: d'])],
    [
      'a path without its slash',
      'protocolError',
      frame(headers, endHeaders | endStream, 1, Buffer.from('8286040561646d696e', 'hex')),
    ],
    ['an increment of 0', 'protocolError', Buffer.concat([get(1), frame(windowUpdate, 0, 1, uint32(0))])],
    [
      'a window beyond 2^31 - 1',
      'flowControlError',
      Buffer.concat([get(1), frame(windowUpdate, 0, 1, uint32(0x7fff_ffff))]),
    ],
    ['DATA behind its end', 'streamClosed', Buffer.concat([get(1), frame(data, 0, 1, 'x')])],
    ['HEADERS behind its end', 'streamClosed', Buffer.concat([get(1), get(1)])],
    [
      'trailers that are not the end',
      'protocolError',
      Buffer.concat([post(1), frame(headers, endHeaders, 1, Buffer.from('0001610162', 'hex'))]),
    ],
    ['trailers with pseudo-header fields', 'protocolError', Buffer.concat([post(1), get(1)])],
    [
      'more DATA than the stream window',
      'flowControlError',
      Buffer.concat([post(1), times(5, () => frame(data, 0, 1, Buffer.alloc(16_384)))]),
    ],
    [
      'more DATA than Content-Length',
      'protocolError',
      Buffer.concat([postWith(1, ['content-length', '3']), frame(data, 0, 1, 'four')]),
    ],
    [
      'less DATA than Content-Length',
      'protocolError',
      Buffer.concat([postWith(1, ['content-length', '3']), frame(data, endStream, 1, 'ab')]),
    ],
    [
      'trailers before Content-Length is reached',
      'protocolError',
      Buffer.concat([
        postWith(1, ['content-length', '3']),
        frame(headers, endHeaders | endStream, 1, Buffer.from('0001610162', 'hex')),
      ]),
    ],
    ['a stream above SETTINGS_MAX_CONCURRENT_STREAMS', 'refusedStream', times(6, (i) => post(13 - 2 * (5 - i)))],
  ])('%s', async (_name, code, frames) => {
    const { proxy, peer } = await attack({ limits: { http2: { maxConcurrentStreams: 5 } } });
    peer.send(frames);
    const reset = await peer.until('RST_STREAM', ({ type }) => type === 'rst');
    expect(reset.number).toBe(ErrorCode[code]);
    peer.send(frame(ping, 0, 0, '01234567'));
    await peer.until('PING answer', ({ type }) => type === 'pong');
    expect(proxy.closed).toEqual([]);
  });

  test('frames on a stream that we reset are ignored for as long as they may be under way', async () => {
    const { peer, proxy } = await attack();
    peer.send(postWith(1, ['connection', 'x']), frame(data, 0, 1, 'late'), frame(data, endStream, 1, 'later'));
    peer.send(frame(windowUpdate, 0, 1, uint32(5)), frame(rstStream, 0, 1, uint32(8)), frame(ping, 0, 0, '01234567'));
    await peer.until('PING answer', ({ type }) => type === 'pong');
    expect(peer.seen.filter(({ type }) => type === 'rst')).toHaveLength(1);
    expect(proxy.closed).toEqual([]);
  });
});

test('a request smuggled in a field is refused before the service sees it', async () => {
  let handled = 0;
  const { peer } = await attack({ handle: () => ++handled > 0 });
  peer.send(postWith(1, ['x-a', 'b\r\n\r\nGET /admin HTTP/1.1\r\nhost: h']));
  await peer.until('RST_STREAM', ({ type }) => type === 'rst');
  expect(handled).toBe(0);
});

test('a client that sends and never reads is cut off before much is held for it', async () => {
  const { proxy, peer } = await attack({
    limits: { http2: { maxQueuedBytes: 64 * 1024, maxControlFramesPerSecond: 1e9 } },
  });
  peer.socket.pause();
  const pings = times(5_000, () => frame(ping, 0, 0, '01234567'));
  const send = setInterval(() => peer.socket.writable && peer.socket.write(pings), 1);
  disposals.add(() => clearInterval(send));
  await eventually(() => expect(proxy.closed).toEqual(['server: the peer does not read']));
});

test('when the process holds too much for stalled readers, new streams are refused until they have read', async () => {
  const { port, next } = await rawServer(disposals);
  const proxy = await startProxy(port, disposals, { limits: { http2: { maxQueuedBytesOfProcess: 50_000 } } });
  const stalled = await FramePeer.connect(proxy.port, disposals, frame(settings, 0, 0, setting(4, 0)));
  stalled.send(get(1));
  const server = await next();
  await server.until('request', ({ type }) => type === 'headers');
  server.send(
    frame(settings, 0, 0),
    frame(headers, endHeaders, 1, okBlock),
    times(4, () => frame(data, 0, 1, Buffer.alloc(15_000))),
  );
  server.send(frame(ping, 0, 0, '01234567'));
  await server.until('PING answer', ({ type }) => type === 'pong');
  const other = await FramePeer.connect(proxy.port, disposals);
  other.send(get(1));
  const refusal = await other.until('RST_STREAM', ({ type }) => type === 'rst');
  expect(refusal.number).toBe(ErrorCode.refusedStream);
  stalled.send(frame(windowUpdate, 0, 1, uint32(100_000)));
  await stalled.until('the body', () => stalled.bodyOf(1).length === 60_000);
  other.send(get(3));
  await server.until('the next request', ({ type, streamId }) => type === 'headers' && streamId === 3);
});

describe('a server breaks', () => {
  /** A request is open upstream; the server then sends what it likes. */
  const serve = async (
    ...frames: readonly Buffer[]
  ): Promise<{ proxy: TestProxy; client: FramePeer; server: FramePeer }> => {
    const { port, next } = await rawServer(disposals);
    const proxy = await startProxy(port, disposals);
    const client = await FramePeer.connect(proxy.port, disposals);
    client.send(get(1));
    const server = await next();
    await server.until('request', ({ type }) => type === 'headers');
    server.send(frame(settings, 0, 0), ...frames);
    return { proxy, client, server };
  };

  test.each<[name: string, code: keyof typeof ErrorCode, frames: Buffer]>([
    ['PUSH_PROMISE', 'protocolError', frame(pushPromise, endHeaders, 1, '\0\0\0\x02')],
    ['enabling push', 'protocolError', frame(settings, 0, 0, setting(2, 1))],
    ['HEADERS on a stream of its own', 'protocolError', frame(headers, endHeaders, 2, okBlock)],
    ['HEADERS on a stream that was never opened', 'protocolError', frame(headers, endHeaders, 9, okBlock)],
    ['garbage', 'protocolError', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('the connection by %s', async (_name, code, frames) => {
    const { client, server, proxy } = await serve(frames);
    const bye = await server.until('GOAWAY', ({ type }) => type === 'goaway');
    expect([ErrorCode[code], ErrorCode.frameSizeError]).toContain(bye.number);
    const answer = await client.until('answer', ({ type }) => type === 'headers');
    expect(answer.fields.get(':status')).toBe('502');
    expect(proxy.failures.map(({ kind }) => kind)).toEqual(['protocol']);
  });

  test.each<[name: string, frames: Buffer]>([
    ['a head without :status', frame(headers, endHeaders, 1, Buffer.from('0001610162', 'hex'))],
    ['101', frame(headers, endHeaders, 1, Buffer.from('0803313031', 'hex'))],
    [
      'an interim response that ends the stream',
      frame(headers, endHeaders | endStream, 1, Buffer.from('0803313033', 'hex')),
    ],
    ['DATA before the head', frame(data, 0, 1, 'x')],
    ['the end before the head', frame(data, endStream, 1)],
    ['CR LF in a field', frame(headers, endHeaders, 1, Buffer.from('8800016103620d0a', 'hex'))],
    ['a head that is too large', frame(headers, endHeaders, 1, Buffer.concat([okBlock, Buffer.alloc(4000, 0x90)]))],
  ])('its stream by %s', async (_name, frames) => {
    const { client, server, proxy } = await serve(frames);
    await server.until('RST_STREAM', ({ type }) => type === 'rst');
    const answer = await client.until('answer', ({ type }) => type === 'headers');
    expect(answer.fields.get(':status')).toBe('502');
    expect(proxy.failures.map(({ kind }) => kind)).toEqual(['protocol']);
    expect(proxy.clients[0]?.isSpent).toBe(false);
  });

  test('a response shorter than its Content-Length: the client sees that it is not whole', async () => {
    const head = frame(headers, endHeaders, 1, Buffer.from('880f0d0135', 'hex'));
    const { client } = await serve(head, frame(data, endStream, 1, 'abc'));
    const reset = await client.until('RST_STREAM', ({ type }) => type === 'rst');
    expect(reset.streamId).toBe(1);
    expect(client.seen.some(({ type, isEndStream }) => type === 'data' && isEndStream)).toBe(false);
  });
});
