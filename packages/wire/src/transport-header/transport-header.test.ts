import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeTransportHeader,
  encodeTransportHeader,
  maxTransportHeaderBytes,
  type TransportHeader,
} from './transport-header.ts';

const preface = Buffer.from('transport.l5d.io/v1\r\n\r\n');
const framed = (message: Buffer, length = message.length): Buffer => {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  return Buffer.concat([preface, prefix, message]);
};
const hex = (text: string): Buffer => framed(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const verdictOf = (bytes: Buffer): string => {
  const result = decodeTransportHeader(bytes);
  return result.kind === 'malformed' ? `malformed: ${result.reason}` : result.kind;
};

test.each<[string, Buffer, TransportHeader]>([
  ['a port', hex('08 50'), { port: 80, name: undefined, sessionProtocol: undefined }],
  ['a port and HTTP/1', hex('08 d9 36 1a 02 0a 00'), { port: 7001, name: undefined, sessionProtocol: 'http1' }],
  [
    'the highest port and HTTP/2',
    hex('08 ff ff 03 1a 02 12 00'),
    { port: 65_535, name: undefined, sessionProtocol: 'http2' },
  ],
  ['a name', hex('08 50 12 03 61 2e 62'), { port: 80, name: 'a.b', sessionProtocol: undefined }],
  ['fields in another order', hex('1a 02 0a 00 12 01 61 08 50'), { port: 80, name: 'a', sessionProtocol: 'http1' }],
  ['an empty name', hex('08 50 12 00'), { port: 80, name: undefined, sessionProtocol: undefined }],
  ['an empty session protocol', hex('08 50 1a 00'), { port: 80, name: undefined, sessionProtocol: undefined }],
  ['an unknown session protocol', hex('08 50 1a 02 1a 00'), { port: 80, name: undefined, sessionProtocol: undefined }],
  [
    'a session protocol with content',
    hex('08 50 1a 04 0a 02 08 01'),
    { port: 80, name: undefined, sessionProtocol: 'http1' },
  ],
  [
    'unknown fields of every width',
    hex('20 01 08 50 2a 01 ff 31 0102030405060708 3d 01020304'),
    { port: 80, name: undefined, sessionProtocol: undefined },
  ],
])('accepts %s', (_, bytes, header) => {
  expect(decodeTransportHeader(bytes)).toEqual({ kind: 'header', header, bytesRead: bytes.length });
});

test.each([
  ['no port', hex('12 01 61'), 'malformed: port'],
  ['port 0', hex('08 00'), 'malformed: port'],
  ['port 65536', hex('08 80 80 04'), 'malformed: port'],
  ['a negative port', hex('08 ff ff ff ff ff ff ff ff ff 01'), 'malformed: port'],
  ['a port that would wrap to 80', hex('08 d0 80 80 80 10'), 'malformed: port'],
  ['an endless varint', hex('08 80 80 80 80 80 80 80 80 80 80 01'), 'malformed: message'],
  ['a varint cut short', hex('08 80'), 'malformed: message'],
  ['a name cut short', hex('08 50 12 05 61'), 'malformed: message'],
  ['a name of a huge length', hex('08 50 12 ff ff ff ff ff ff ff ff 7f 61'), 'malformed: message'],
  ['a fixed field cut short', hex('08 50 3d 01'), 'malformed: message'],
  ['field number 0', hex('08 50 00 01'), 'malformed: message'],
  ['a group', hex('08 50 23 24'), 'malformed: message'],
  ['wire type 7', hex('08 50 27'), 'malformed: message'],
  ['a port as text', hex('0a 02 38 30'), 'malformed: wire type'],
  ['a name as number', hex('08 50 10 01'), 'malformed: wire type'],
  ['two ports', hex('08 50 08 51'), 'malformed: repeated field'],
  ['two names', hex('08 50 12 01 61 12 01 62'), 'malformed: repeated field'],
  ['a name with a line break', hex('08 50 12 02 61 0a'), 'malformed: name'],
  ['a name with NUL', hex('08 50 12 02 61 00'), 'malformed: name'],
  ['both session protocols', hex('08 50 1a 04 0a 00 12 00'), 'malformed: session protocol'],
  ['a broken session protocol', hex('08 50 1a 01 0a'), 'malformed: session protocol'],
  ['a session protocol as number', hex('08 50 1a 02 08 01'), 'malformed: session protocol'],
  [
    'a name of 256 octets',
    framed(Buffer.concat([Buffer.from('0850128002', 'hex'), Buffer.alloc(256, 97)])),
    'malformed: name',
  ],
  ['another preface', Buffer.from('transport.l5d.io/v2\r\n\r\n'), 'malformed: preface'],
  ['application octets', Buffer.from('GET'), 'malformed: preface'],
  ['more than is buffered', framed(Buffer.alloc(0), maxTransportHeaderBytes - 26), 'malformed: length'],
  ['as much as is buffered', framed(Buffer.alloc(0), maxTransportHeaderBytes - 27), 'needMore'],
] as const)('%s', (_, bytes, verdict) => {
  expect(verdictOf(bytes)).toBe(verdict);
});

const header = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  name: fc.option(fc.stringMatching(/^[!-~]{1,255}$/), { nil: undefined }),
  sessionProtocol: fc.constantFrom('http1' as const, 'http2' as const, undefined),
});

test('what is encoded is decoded, for any split, with octets after it', () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 20 }), (header, after) => {
      const encoded = encodeTransportHeader(header);
      const bytes = Buffer.concat([encoded, after]);
      for (let length = 0; length < encoded.length; length++) {
        expect(decodeTransportHeader(bytes.subarray(0, length))).toEqual({ kind: 'needMore' });
      }
      expect(decodeTransportHeader(bytes)).toEqual({ kind: 'header', header, bytesRead: encoded.length });
    }),
    { numRuns: 50 },
  );
});

test('no message makes it throw, and a verdict once given stays', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
      const bytes = framed(Buffer.from(message));
      const verdict = decodeTransportHeader(bytes);
      expect(verdict.kind).not.toBe('needMore');
      expect(decodeTransportHeader(Buffer.concat([bytes, Buffer.from('x')]))).toEqual(verdict);
    }),
    { numRuns: 2000 },
  );
});

test('refuses to encode what would be refused', () => {
  const base = { port: 80, name: undefined, sessionProtocol: undefined };
  expect(() => encodeTransportHeader({ ...base, port: 0 })).toThrow('1..65535, not 0');
  expect(() => encodeTransportHeader({ ...base, port: 80.5 })).toThrow('1..65535');
  expect(() => encodeTransportHeader({ ...base, name: 'a b' })).toThrow('host name');
  expect(() => encodeTransportHeader({ ...base, name: 'a'.repeat(256) })).toThrow('host name');
});
