import { expect, test } from 'vitest';
import { Http2FrameDecoder } from './frame-decoder.ts';
import { Flag, FrameType } from './protocol.ts';
import { clientStart, eventsOf, frame, settingsFrame } from './testing.ts';

const { data, headers, priority, rstStream, settings, pushPromise, ping, goaway, windowUpdate, continuation } =
  FrameType;
const { endStream, endHeaders, padded, ack } = Flag;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test.each<[name: string, frames: Buffer[], events: string[]]>([
  ['SETTINGS', [settingsFrame([3, 100])], ['settings 000300000064']],
  ['SETTINGS acknowledged', [frame(settings, ack, 0)], ['settings ack']],
  ['HEADERS', [frame(headers, endHeaders | endStream, 1, hex('8286'))], ['headers 1 8286 end']],
  ['HEADERS, padded', [frame(headers, endHeaders | padded, 1, hex('0282860000'))], ['headers 1 8286']],
  [
    'HEADERS with priority and padding',
    [frame(headers, endHeaders | padded | Flag.priority, 3, hex('01800000000f8286 00'.replace(' ', '')))],
    ['headers 3 8286'],
  ],
  [
    'HEADERS and CONTINUATION, an empty one among them',
    [
      frame(headers, endStream, 1, hex('82')),
      frame(continuation, 0, 1),
      frame(continuation, 0, 1, hex('86')),
      frame(continuation, endHeaders, 1, hex('84')),
    ],
    ['headers 1 828684 end'],
  ],
  ['DATA', [frame(data, 0, 1, 'ab'), frame(data, endStream, 1, 'c')], ['data 1 flow 2 6162', 'data 1 flow 1 63 end']],
  [
    'DATA, padded',
    [frame(data, padded | endStream, 1, hex('0361620000 00'.replace(' ', '')))],
    ['data 1 flow 6 6162 end'],
  ],
  ['DATA of padding only', [frame(data, padded, 1, hex('020000'))], ['data 1 flow 3 ']],
  ['DATA, empty', [frame(data, endStream, 1)], ['data 1 flow 0  end']],
  ['RST_STREAM', [frame(rstStream, 0, 5, hex('00000008'))], ['rst 5 8']],
  [
    'PING',
    [frame(ping, 0, 0, '01234567'), frame(ping, ack, 0, '01234567')],
    ['ping 3031323334353637', 'ping ack 3031323334353637'],
  ],
  ['GOAWAY', [frame(goaway, 0, 0, hex('80000007000000ff6869'))], ['goaway 7 255 6869']],
  [
    'WINDOW_UPDATE',
    [frame(windowUpdate, 0, 0, hex('80000001')), frame(windowUpdate, 0, 3, hex('7fffffff'))],
    ['window 0 1', 'window 3 2147483647'],
  ],
  ['PRIORITY is ignored', [frame(priority, 0, 3, '12345')], ['ignored 3']],
  [
    'unknown frames are passed over',
    [frame(0xbe, 0xff, 0, 'x'.repeat(100)), frame(ping, 0, 0, '01234567')],
    ['ignored 0', 'ping 3031323334353637'],
  ],
  [
    'the reserved bit of a stream id is ignored',
    [frame(headers, endHeaders, 0x8000_0001, hex('82'))],
    ['headers 1 82'],
  ],
])('%s', (_name, frames, events) => {
  expect(eventsOf(true, [Buffer.concat([clientStart, ...frames])])).toEqual(['settings ', ...events]);
});

const large = Buffer.alloc(16_385);
test.each<[fault: string, frames: Buffer[]]>([
  ['frame-too-large', [frame(data, 0, 1, large)]],
  ['frame-too-large', [frame(0xbe, 0, 0, large)]],
  ['bad-frame-length', [frame(rstStream, 0, 1, '123')]],
  ['bad-frame-length', [frame(ping, 0, 0, '1234567')]],
  ['bad-frame-length', [frame(settings, 0, 0, '12345')]],
  ['bad-frame-length', [frame(settings, ack, 0, '123456')]],
  ['bad-frame-length', [frame(windowUpdate, 0, 0, '12345')]],
  ['bad-frame-length', [frame(goaway, 0, 0, '1234567')]],
  ['bad-frame-length', [frame(priority, 0, 1, '1234')]],
  ['bad-frame-length', [frame(data, padded, 1)]],
  ['bad-frame-length', [frame(headers, padded | Flag.priority, 1, '12345')]],
  ['bad-stream-id', [frame(data, 0, 0, 'a')]],
  ['bad-stream-id', [frame(headers, endHeaders, 0, 'a')]],
  ['bad-stream-id', [frame(rstStream, 0, 0, '1234')]],
  ['bad-stream-id', [frame(priority, 0, 0, '12345')]],
  ['bad-stream-id', [frame(settings, 0, 1)]],
  ['bad-stream-id', [frame(ping, 0, 1, '12345678')]],
  ['bad-stream-id', [frame(goaway, 0, 1, '12345678')]],
  ['push-promise', [frame(pushPromise, endHeaders, 1, hex('0000000282'))]],
  ['unexpected-continuation', [frame(continuation, endHeaders, 1, hex('82'))]],
  [
    'unexpected-continuation',
    [frame(headers, endHeaders, 1, hex('82')), frame(continuation, endHeaders, 1, hex('82'))],
  ],
  ['interrupted-block', [frame(headers, 0, 1, hex('82')), frame(data, 0, 1, 'a')]],
  ['interrupted-block', [frame(headers, 0, 1, hex('82')), frame(0xbe, 0, 0)]],
  ['interrupted-block', [frame(headers, 0, 1, hex('82')), frame(continuation, endHeaders, 3, hex('82'))]],
  ['bad-padding', [frame(data, padded, 1, hex('0261'))]],
  ['bad-padding', [frame(headers, padded | endHeaders, 1, hex('0282'))]],
  ['bad-padding', [frame(headers, padded | endHeaders | Flag.priority, 1, hex('01000000000f'))]],
])('refuses with %s', (fault, frames) => {
  expect(eventsOf(true, [Buffer.concat([clientStart, ...frames])]).at(-1)).toBe(`error ${fault}`);
});

test.each([
  ['HTTP/1 instead of the preface', 'GET / HTTP/1.1\r\n\r\n'],
  ['a preface that breaks off in its last octet', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\rX'],
])('refuses %s at the first wrong octet', (_name, text) => {
  expect(eventsOf(true, [Buffer.from(text)])).toEqual(['error bad-preface']);
});

test.each([
  ['another frame', frame(ping, 0, 0, '01234567')],
  ['an acknowledgement', frame(settings, ack, 0)],
])('a server must begin with SETTINGS, not %s', (_name, first) => {
  expect(eventsOf(false, [first])).toEqual(['error settings-not-first']);
});

test('CONTINUATION flood: endless small frames stop at their number', () => {
  const flood = Array.from({ length: 20 }, () => frame(continuation, 0, 1, 'x'));
  const events = eventsOf(true, [Buffer.concat([clientStart, frame(headers, 0, 1), ...flood])]);
  expect(events.at(-1)).toBe('error too-many-continuations');
});

test('CONTINUATION flood: a large block stops at its octets', () => {
  const flood = Array.from({ length: 5 }, () => frame(continuation, 0, 1, Buffer.alloc(16_000)));
  const events = eventsOf(true, [Buffer.concat([clientStart, frame(headers, 0, 1), ...flood])]);
  expect(events.at(-1)).toBe('error block-too-large');
});

test('DATA is a view of the chunk, not a copy', () => {
  const decoder = new Http2FrameDecoder(false);
  const chunk = Buffer.concat([settingsFrame(), frame(data, 0, 1, 'abc')]);
  decoder.push(chunk);
  decoder.next();
  decoder.next();
  expect(decoder.bytes).toBe(chunk);
  expect(chunk.toString('latin1', decoder.start, decoder.end)).toBe('abc');
});

test('after a fault every call says so', () => {
  const decoder = new Http2FrameDecoder(false);
  decoder.push(frame(ping, 0, 0, '01234567'));
  const first = decoder.next();
  expect(decoder.next()).toBe(first);
  decoder.push(settingsFrame());
  expect(decoder.next()).toBe(first);
  expect(decoder.fault).toMatchObject({ name: 'settings-not-first', scope: 'connection', code: 1, section: '3.4' });
});
