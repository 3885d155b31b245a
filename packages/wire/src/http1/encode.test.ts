import { describe, expect, test } from 'vitest';
import { HeaderList } from '../header-list.ts';
import {
  EncodeFault,
  encodeChunkEnd,
  encodeChunkHead,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  maxChunkHeadBytes,
} from './encode.ts';
import { BodyLength } from './head.ts';

const slab = Buffer.alloc(4096);
const written = (end: number, at = 0): string | number => (end < 0 ? end : slab.toString('latin1', at, end));
const request = (
  fields: [string, string][],
  bodyLength: number = BodyLength.none,
  method = 'GET',
  target = '/',
): string | number => written(encodeRequestHead(slab, 0, method, target, 1, HeaderList.from(fields), bodyLength));

test('a request', () => {
  const headers = HeaderList.from([
    ['host', 'a'],
    ['x', '\xe4\t~'],
    ['x', ''],
  ]);
  const end = encodeRequestHead(slab, 7, 'GET', '/a?b', 1, headers, BodyLength.none);
  expect(written(end, 7)).toBe('GET /a?b HTTP/1.1\r\nhost: a\r\nx: \xe4\t~\r\nx: \r\n\r\n');
});

test('a response', () => {
  const headers = HeaderList.from([['server', 's']]);
  expect(written(encodeResponseHead(slab, 0, 200, 'OK', 0, headers, BodyLength.untilClose))).toBe(
    'HTTP/1.0 200 OK\r\nserver: s\r\n\r\n',
  );
  expect(written(encodeResponseHead(slab, 0, 404, '', 1, new HeaderList(), 0))).toBe(
    'HTTP/1.1 404 \r\ncontent-length: 0\r\n\r\n',
  );
});

test.each([
  [5, 'content-length: 5\r\n'],
  [0, 'content-length: 0\r\n'],
  [BodyLength.chunked, 'transfer-encoding: chunked\r\n'],
  [BodyLength.none, ''],
])('framing is written from the body length (%i), never from the fields', (bodyLength, line) => {
  const smuggled: [string, string][] = [
    ['content-length', '7'],
    ['a', 'b'],
    ['transfer-encoding', 'gzip'],
    ['content-length', '8'],
  ];
  expect(request(smuggled, bodyLength)).toBe(`GET / HTTP/1.1\r\na: b\r\n${line}\r\n`);
});

describe('what could start another line, field or message is refused', () => {
  const bad = ['\r', '\n', '\r\n', '\0', '\x0b', '\x1f', '\x7f', '\u010d', '\u010a', '\u0100'];
  test.each(bad)('%j in a value', (text) => {
    expect(request([['a', `b${text}c`]])).toBe(EncodeFault.badFieldValue);
  });
  test.each([...bad, ' ', '\t', ':', '(', 'A', '\xe4'])('%j in a name', (text) => {
    expect(request([[`a${text}c`, 'b']])).toBe(EncodeFault.badFieldName);
  });
  test.each([...bad, ' ', '\t', '\x80', '\xff'])('%j in a target', (text) => {
    const fault = request([], BodyLength.none, 'GET', `/${text}x`);
    expect([EncodeFault.badTarget, EncodeFault.badFieldValue]).toContain(fault);
  });
  test.each([...bad, ' ', ':', ''])('%j in a method', (text) => {
    const method = text === '' ? '' : `GE${text}T`;
    expect(request([], BodyLength.none, method)).toBe(EncodeFault.badMethod);
  });
  test.each(bad)('%j in a reason', (text) => {
    const end = encodeResponseHead(slab, 0, 200, `O${text}K`, 1, new HeaderList(), 0);
    expect(end).toBe(EncodeFault.badFieldValue);
  });
  test.each(bad)('%j in a trailer', (text) => {
    expect(encodeLastChunk(slab, 0, HeaderList.from([['a', text]]))).toBe(EncodeFault.badFieldValue);
  });
  test('CRLF in one value that another value makes up for', () => {
    expect(
      request([
        ['a', 'b\r\nc: d'],
        ['e', ''],
      ]),
    ).toBe(EncodeFault.badFieldValue);
  });
  test.each([0, 99, 1000, Number.NaN, 200.5])('status %d', (status) => {
    expect(encodeResponseHead(slab, 0, status, '', 1, new HeaderList(), 0)).toBe(EncodeFault.badStatus);
  });
  test('an empty field name or target', () => {
    expect(request([['', 'b']])).toBe(EncodeFault.badFieldName);
    expect(request([], BodyLength.none, 'GET', '')).toBe(EncodeFault.badTarget);
  });
});

test('too little room is said, never overrun, and nothing is lost', () => {
  const headers = HeaderList.from([['host', 'a.example']]);
  const needed = encodeRequestHead(slab, 0, 'GET', '/', 1, headers, 3);
  const small = Buffer.alloc(needed + 10, 0xee);
  for (let at = 11; at <= small.length; at++) {
    expect(encodeRequestHead(small, at, 'GET', '/', 1, headers, 3)).toBe(EncodeFault.needsSpace);
  }
  expect(small.every((octet) => octet === 0xee)).toBe(true);
  expect(encodeRequestHead(small, 10, 'GET', '/', 1, headers, 3)).toBe(small.length);
});

describe('chunks', () => {
  test.each([1, 9, 10, 15, 16, 255, 256, 4095, 65_536, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])(
    'of %d',
    (size) => {
      const end = encodeChunkHead(slab, 3, size);
      expect(written(end, 3)).toBe(`${size.toString(16)}\r\n`);
      expect(end - 3).toBeLessThanOrEqual(maxChunkHeadBytes);
    },
  );
  test('their end, and the end of the body', () => {
    expect(written(encodeChunkEnd(slab, 0))).toBe('\r\n');
    expect(written(encodeLastChunk(slab, 0))).toBe('0\r\n\r\n');
    expect(written(encodeLastChunk(slab, 0, new HeaderList()))).toBe('0\r\n\r\n');
    expect(written(encodeLastChunk(slab, 0, HeaderList.from([['a', 'b']])))).toBe('0\r\na: b\r\n\r\n');
  });
  test('say when there is no room', () => {
    const small = Buffer.alloc(4);
    expect(encodeChunkHead(small, 0, 1)).toBe(EncodeFault.needsSpace);
    expect(encodeChunkEnd(small, 3)).toBe(EncodeFault.needsSpace);
    expect(encodeLastChunk(small, 0)).toBe(EncodeFault.needsSpace);
    expect(encodeLastChunk(small, 0, HeaderList.from([['a', 'b']]))).toBe(EncodeFault.needsSpace);
  });
});
