import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderList } from '../header-list.ts';
import { encodeField, HpackDecoder, tableSizeZero } from '../hpack/index.ts';
import { forbiddenTrailers } from '../trailer-fields.ts';
import { Http2Event } from './event.ts';
import type { Http2FaultName } from './fault.ts';
import { classifyField } from './field-facts.ts';
import { Http2FrameDecoder } from './frame-decoder.ts';
import { encodeHeaders, headersBound, requestBlock, responseBlock, trailersBlock } from './head-encoder.ts';
import {
  type Http2RequestHead,
  type Http2ResponseHead,
  RequestHeadReader,
  ResponseHeadReader,
  TrailerReader,
} from './head-reader.ts';
import { settingsFrame } from './testing.ts';

type Fields = readonly (readonly [name: string, value: string])[];

const block = (fields: Fields): Buffer => {
  const out = Buffer.alloc(100_000);
  let at = 0;
  for (const [name, value] of fields) at = encodeField(out, at, name, value);
  return out.subarray(0, at);
};

const newRequest = (): Http2RequestHead => ({
  method: '',
  scheme: '',
  authority: '',
  target: '',
  headers: new HeaderList(),
  contentLength: -1,
});
const newResponse = (): Http2ResponseHead => ({ status: 0, headers: new HeaderList(), contentLength: -1 });
const newDecoder = (): HpackDecoder => new HpackDecoder({ maxListSize: 1 << 20, maxFields: 1000 }, classifyField);

/** Reads the block three times on one connection: as new, as it is remembered, from memory. */
const three = (fields: Fields, read: (decoder: HpackDecoder, bytes: Buffer) => Http2FaultName | undefined) => {
  const decoder = newDecoder();
  const results = [1, 2, 3].map(() => read(decoder, block(fields)));
  expect(new Set(results).size).toBe(1);
  return results[0];
};

const readRequest = (fields: Fields): [Http2FaultName | undefined, Http2RequestHead] => {
  let head = newRequest();
  const reader = new RequestHeadReader();
  const fault = three(fields, (decoder, bytes) => {
    head = newRequest();
    reader.begin(head);
    expect(decoder.decode(bytes, 0, bytes.length, reader)).toBe('ok');
    return reader.finish();
  });
  return [fault, head];
};

const get: Fields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/a?b'],
  [':authority', 'books:7002'],
];
const without = (name: string): Fields => get.filter(([n]) => n !== name);
const replace = (name: string, value: string): Fields => get.map(([n, v]) => [n, n === name ? value : v]);

describe('requests', () => {
  test('a plain one', () => {
    const [fault, head] = readRequest([...get, ['te', 'trailers'], ['content-length', '12'], ['x-a', 'b']]);
    expect(fault).toBeUndefined();
    expect(head).toMatchObject({
      method: 'GET',
      scheme: 'http',
      target: '/a?b',
      authority: 'books:7002',
      contentLength: 12,
    });
    expect(head.headers.toArray()).toEqual([
      ['te', 'trailers'],
      ['x-a', 'b'],
    ]);
  });

  test('cookie crumbs are joined', () => {
    const [, head] = readRequest([...get, ['cookie', 'a=1'], ['x-a', 'b'], ['cookie', 'b=2'], ['cookie', 'c=3']]);
    expect(head.headers.toArray()).toEqual([
      ['cookie', 'a=1; b=2; c=3'],
      ['x-a', 'b'],
    ]);
  });

  test.each<[name: string, authority: string | undefined, host: string, expected: string]>([
    ['Host alone', undefined, 'books', 'books'],
    ['Host that is equal', 'books:7002', 'books:7002', 'books:7002'],
    ['Host but for case and default port', 'Books', 'books:80', 'Books'],
    ['an empty :authority', '', 'books', 'books'],
  ])('authority from %s', (_name, authority, host, expected) => {
    const fields: Fields = authority === undefined ? without(':authority') : replace(':authority', authority);
    const [fault, head] = readRequest([...fields, ['host', host]]);
    expect(fault).toBeUndefined();
    expect(head.authority).toBe(expected);
    expect(head.headers.size).toBe(0);
  });

  test.each<[name: string, fields: Fields]>([
    [
      'OPTIONS *',
      [
        [':method', 'OPTIONS'],
        [':scheme', 'http'],
        [':path', '*'],
        [':authority', 'a'],
      ],
    ],
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
    ],
    ['no authority at all', without(':authority')],
    ['an authority with an IPv6 address', replace(':authority', '[::1]:80')],
    ['pseudo-header fields in another order', get.toReversed()],
    ['octets above 0x7f in a value', [...get, ['x-a', 'caf\xe9']]],
    ['a tab within a value', [...get, ['x-a', 'b\tc']]],
    ['an empty value', [...get, ['x-a', '']]],
  ])('accepts %s', (_name, fields) => {
    expect(readRequest(fields)[0]).toBeUndefined();
  });

  test.each<[fault: Http2FaultName, name: string, fields: Fields]>([
    ['bad-pseudo-field', 'no :method', without(':method')],
    ['bad-pseudo-field', 'no :scheme', without(':scheme')],
    ['bad-pseudo-field', 'no :path', without(':path')],
    ['bad-pseudo-field', 'two :path', [...get, [':path', '/b']]],
    ['bad-pseudo-field', 'two :method', [[':method', 'GET'], ...get]],
    ['bad-pseudo-field', 'a pseudo-header field behind a field', [...without(':path'), ['x-a', 'b'], [':path', '/']]],
    ['bad-pseudo-field', ':status', [...get, [':status', '200']]],
    ['bad-pseudo-field', ':protocol, which was not offered', [...get, [':protocol', 'websocket']]],
    ['bad-pseudo-field', 'an unknown pseudo-header field', [...get, [':x', '1']]],
    ['bad-method', 'an empty :method', replace(':method', '')],
    ['bad-method', 'a blank in :method', replace(':method', 'GET /admin')],
    ['bad-scheme', 'another scheme', replace(':scheme', 'ftp')],
    ['bad-path', 'an empty :path', replace(':path', '')],
    ['bad-path', 'a :path without its slash (CVE-2026-33186)', replace(':path', 'admin')],
    ['bad-path', 'a :path that is a URI', replace(':path', 'http://a/b')],
    ['bad-path', '* for GET', replace(':path', '*')],
    ['bad-path', '* and more', replace(':path', '*/a')],
    ['bad-path', 'a blank in :path', replace(':path', '/a HTTP/1.1')],
    ['bad-path', 'CR LF in :path', replace(':path', '/a\r\nx: y')],
    ['bad-path', 'NUL in :path', replace(':path', '/a\0')],
    ['bad-path', 'an octet above 0x7f in :path', replace(':path', '/caf\xe9')],
    ['bad-authority', 'user information', replace(':authority', 'a@b')],
    ['bad-authority', 'a path in :authority', replace(':authority', 'a/b')],
    ['bad-authority', 'a blank in :authority', replace(':authority', 'a b')],
    ['bad-authority', 'a port that is none', replace(':authority', 'a:http')],
    ['bad-authority', 'Host that differs', [...get, ['host', 'other']]],
    ['bad-authority', 'Host with another port', [...get, ['host', 'books:7003']]],
    ['bad-authority', 'two Hosts', [...get, ['host', 'books:7002'], ['host', 'books:7002']]],
    ['bad-authority', 'CR LF in Host', [...without(':authority'), ['host', 'a\r\nx: y']]],
    ['bad-connect', 'CONNECT without :authority', [[':method', 'CONNECT']]],
    [
      'bad-connect',
      'CONNECT with an empty :authority',
      [
        [':method', 'CONNECT'],
        [':authority', ''],
      ],
    ],
    ['bad-connect', 'CONNECT with :path', replace(':method', 'CONNECT')],
    ['bad-field-name', 'an upper-case name', [...get, ['X-A', 'b']]],
    ['bad-field-name', 'an empty name', [...get, ['', 'b']]],
    ['bad-field-name', 'a blank in a name', [...get, ['x a', 'b']]],
    ['bad-field-name', 'NUL as a name', [...get, ['\0', 'b']]],
    ['bad-field-name', 'a colon in a name', [...get, ['x:a', 'b']]],
    ['bad-field-name', 'CR LF in a name', [...get, ['x\r\ny', 'b']]],
    ['bad-field-name', 'an octet above 0x7f in a name', [...get, ['x-\xe9', 'b']]],
    ['bad-field-value', 'CR in a value', [...get, ['x-a', 'b\rc']]],
    ['bad-field-value', 'LF in a value', [...get, ['x-a', 'b\nc']]],
    ['bad-field-value', 'NUL in a value', [...get, ['x-a', 'b\0c']]],
    ['bad-field-value', 'DEL in a value', [...get, ['x-a', 'b\x7f']]],
    ['bad-field-value', 'LF in a cookie', [...get, ['cookie', 'a\nb']]],
    ['bad-field-value', 'a blank in front of a value', [...get, ['x-a', ' b']]],
    ['bad-field-value', 'a tab behind a value', [...get, ['x-a', 'b\t']]],
    ['connection-field', 'connection', [...get, ['connection', 'close']]],
    ['connection-field', 'transfer-encoding', [...get, ['transfer-encoding', 'chunked']]],
    ['connection-field', 'upgrade', [...get, ['upgrade', 'websocket']]],
    ['connection-field', 'keep-alive', [...get, ['keep-alive', '5']]],
    ['connection-field', 'proxy-connection', [...get, ['proxy-connection', 'x']]],
    ['connection-field', 'te with another value', [...get, ['te', 'trailers, gzip']]],
    ['bad-content-length', 'a length that is none', [...get, ['content-length', '+1']]],
    ['bad-content-length', 'a length with a leading zero', [...get, ['content-length', '01']]],
    ['bad-content-length', 'a length beyond 2^53', [...get, ['content-length', '99999999999999999']]],
    ['bad-content-length', 'two lengths that agree', [...get, ['content-length', '1'], ['content-length', '1']]],
  ])('%s: %s', (fault, _name, fields) => {
    expect(readRequest(fields)[0]).toBe(fault);
  });
});

const readResponse = (fields: Fields): [Http2FaultName | undefined, Http2ResponseHead] => {
  let head = newResponse();
  const reader = new ResponseHeadReader();
  const fault = three(fields, (decoder, bytes) => {
    head = newResponse();
    reader.begin(head);
    expect(decoder.decode(bytes, 0, bytes.length, reader)).toBe('ok');
    return reader.finish();
  });
  return [fault, head];
};

describe('responses', () => {
  test('a plain one', () => {
    const [fault, head] = readResponse([
      [':status', '404'],
      ['content-length', '0'],
      ['set-cookie', 'a'],
      ['set-cookie', 'b'],
    ]);
    expect(fault).toBeUndefined();
    expect(head).toMatchObject({ status: 404, contentLength: 0 });
    expect(head.headers.toArray()).toEqual([
      ['set-cookie', 'a'],
      ['set-cookie', 'b'],
    ]);
  });

  test.each<[fault: Http2FaultName, name: string, fields: Fields]>([
    ['bad-pseudo-field', 'no :status', []],
    [
      'bad-pseudo-field',
      'two :status',
      [
        [':status', '200'],
        [':status', '200'],
      ],
    ],
    [
      'bad-pseudo-field',
      ':method',
      [
        [':status', '200'],
        [':method', 'GET'],
      ],
    ],
    [
      'bad-pseudo-field',
      ':status behind a field',
      [
        ['x-a', 'b'],
        [':status', '200'],
      ],
    ],
    ['bad-status', 'two digits', [[':status', '20']]],
    ['bad-status', 'more than digits', [[':status', '200 OK']]],
    ['bad-status', '101', [[':status', '101']]],
    [
      'connection-field',
      'te',
      [
        [':status', '200'],
        ['te', 'trailers'],
      ],
    ],
    [
      'connection-field',
      'transfer-encoding',
      [
        [':status', '200'],
        ['transfer-encoding', 'chunked'],
      ],
    ],
    [
      'bad-field-value',
      'CR LF in a value',
      [
        [':status', '200'],
        ['location', '/\r\nset-cookie: a=b'],
      ],
    ],
  ])('%s: %s', (fault, _name, fields) => {
    expect(readResponse(fields)[0]).toBe(fault);
  });
});

test.each<[fault: Http2FaultName | undefined, fields: Fields]>([
  [
    undefined,
    [
      ['grpc-status', '0'],
      ['grpc-message', ''],
    ],
  ],
  ['bad-trailers', [[':status', '200']]],
  [
    'bad-trailers',
    [
      ['grpc-status', '0'],
      [':path', '/'],
    ],
  ],
  ['bad-trailers', [['content-length', '1']]],
  ['bad-trailers', [['host', 'a']]],
  ['bad-trailers', [['te', 'trailers']]],
  ['connection-field', [['transfer-encoding', 'chunked']]],
  ['bad-field-name', [['Grpc-Status', '0']]],
])('trailers: %s', (expected, fields) => {
  const trailers = new HeaderList();
  const reader = new TrailerReader();
  reader.begin(trailers);
  const bytes = block(fields);
  newDecoder().decode(bytes, 0, bytes.length, reader);
  expect(reader.finish()).toBe(expected);
});

test.each([...forbiddenTrailers])('%s is no trailer in HTTP/2 either', (name) => {
  const reader = new TrailerReader();
  reader.begin(new HeaderList());
  const bytes = block([[name, name === 'te' ? 'trailers' : '1']]);
  newDecoder().decode(bytes, 0, bytes.length, reader);
  expect(reader.finish()).toMatch(/^(?:bad-trailers|connection-field|bad-authority)$/);
});

describe('written and read back', () => {
  const token = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz-_019')), minLength: 1, maxLength: 20 });
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('abc 019=;/\xe9')), maxLength: 60 }).map((text) => text.trim()),
    fc.constant('v'.repeat(20_000)),
  );
  const ordinary = token.filter((name) => classifyField(name, '') === 0);
  const headers = fc.array(fc.tuple(ordinary, value), { maxLength: 12 });
  const frame = { streamId: 7, isEndStream: true, maxFrameBytes: 16_384 };

  /** The one HEADERS event of what was written, decoded. */
  const readBack = (bytes: Buffer, reader: RequestHeadReader | ResponseHeadReader | TrailerReader): void => {
    const frames = new Http2FrameDecoder(false, {
      maxFrameBytes: 16_384,
      maxBlockBytes: 1 << 20,
      maxContinuations: 100,
    });
    frames.push(Buffer.concat([settingsFrame(), bytes]));
    expect(frames.next()).toBe(Http2Event.settings);
    expect(frames.next()).toBe(Http2Event.headers);
    expect([frames.streamId, frames.isEndStream]).toEqual([7, true]);
    expect(newDecoder().decode(frames.bytes, frames.start, frames.end, reader)).toBe('ok');
    expect(reader.finish()).toBeUndefined();
    expect(frames.next()).toBe(Http2Event.needMore);
  };

  test('requests, in one frame or several', () => {
    fc.assert(
      fc.property(headers, fc.integer({ min: -1, max: 1000 }), fc.boolean(), (fields, contentLength, resetsTable) => {
        const list = HeaderList.from(fields);
        const head = { method: 'POST', scheme: 'https', authority: 'a:1', target: '/p', headers: list, contentLength };
        const written = requestBlock(resetsTable ? tableSizeZero : '', head);
        const out = Buffer.alloc(headersBound(written));
        const end = encodeHeaders(out, 0, written, frame);
        expect(end).toBeLessThanOrEqual(out.length);
        const reader = new RequestHeadReader();
        const again = newRequest();
        reader.begin(again);
        readBack(out.subarray(0, end), reader);
        expect({ ...again, headers: again.headers.toArray() }).toEqual({ ...head, headers: list.toArray() });
      }),
    );
  });

  test('responses and trailers', () => {
    fc.assert(
      fc.property(headers, fc.constantFrom(200, 204, 418, 503), (fields, status) => {
        const list = HeaderList.from(fields);
        const head = { status, headers: list, contentLength: 5 };
        const written = responseBlock('', head);
        const out = Buffer.alloc(headersBound(written));
        const reader = new ResponseHeadReader();
        const again = newResponse();
        reader.begin(again);
        readBack(out.subarray(0, encodeHeaders(out, 0, written, frame)), reader);
        expect({ ...again, headers: again.headers.toArray() }).toEqual({ ...head, headers: list.toArray() });

        const block = trailersBlock('', list);
        const room = Buffer.alloc(headersBound(block));
        const trailers = new HeaderList();
        const trailerReader = new TrailerReader();
        trailerReader.begin(trailers);
        readBack(room.subarray(0, encodeHeaders(room, 0, block, frame)), trailerReader);
        expect(trailers.toArray()).toEqual(list.toArray());
      }),
    );
  });
});
