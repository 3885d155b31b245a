/** The examples of RFC 7541 appendix C, on one decoder per connection, as there. */
import { expect, test } from 'vitest';
import { HpackDecoder } from './decoder.ts';
import { encodeHuffman } from './huffman.ts';
import { decodeInteger, encodeInteger } from './integer.ts';
import { CollectingSink, fromHex } from './testing.ts';

const firstRequest: [string, string][] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];
const secondRequest: [string, string][] = [...firstRequest, ['cache-control', 'no-cache']];
const thirdRequest: [string, string][] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/index.html'],
  [':authority', 'www.example.com'],
  ['custom-key', 'custom-value'],
];
const response = (status: string, date: string): [string, string][] => [
  [':status', status],
  ['cache-control', 'private'],
  ['date', date],
  ['location', 'https://www.example.com'],
];
const reordered = (status: string): [string, string][] => [
  [':status', status],
  ['cache-control', 'private'],
  ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['location', 'https://www.example.com'],
];
const thirdResponse: [string, string][] = [
  [':status', '200'],
  ['cache-control', 'private'],
  ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
  ['location', 'https://www.example.com'],
  ['content-encoding', 'gzip'],
  ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
];

const connections: [name: string, blocks: [hex: string, fields: [string, string][]][]][] = [
  ['C.2.1', [['400a637573746f6d2d6b65790d637573746f6d2d686561646572', [['custom-key', 'custom-header']]]]],
  ['C.2.2', [['040c2f73616d706c652f70617468', [[':path', '/sample/path']]]]],
  ['C.2.3', [['100870617373776f726406736563726574', [['password', 'secret']]]]],
  ['C.2.4', [['82', [[':method', 'GET']]]]],
  [
    'C.3 requests without Huffman',
    [
      ['828684410f7777772e6578616d706c652e636f6d', firstRequest],
      ['828684be58086e6f2d6361636865', secondRequest],
      ['828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565', thirdRequest],
    ],
  ],
  [
    'C.4 requests with Huffman',
    [
      ['828684418cf1e3c2e5f23a6ba0ab90f4ff', firstRequest],
      ['828684be5886a8eb10649cbf', secondRequest],
      ['828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf', thirdRequest],
    ],
  ],
  [
    // `3fe101` is a size update to the 256 octets that these examples assume.
    'C.5 responses without Huffman, with eviction',
    [
      [
        '3fe1014803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
        response('302', 'Mon, 21 Oct 2013 20:13:21 GMT'),
      ],
      ['4803333037c1c0bf', reordered('307')],
      [
        '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
        thirdResponse,
      ],
    ],
  ],
  [
    'C.6 responses with Huffman, with eviction',
    [
      [
        '3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
        response('302', 'Mon, 21 Oct 2013 20:13:21 GMT'),
      ],
      ['4883640effc1c0bf', reordered('307')],
      [
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
        thirdResponse,
      ],
    ],
  ],
];

test.each(connections)('%s', (_name, blocks) => {
  const decoder = new HpackDecoder({ maxListSize: 65_536, maxFields: 100 });
  for (const [hex, fields] of blocks) {
    const bytes = fromHex(hex);
    const sink = new CollectingSink();
    expect(decoder.decode(bytes, 0, bytes.length, sink)).toBe('ok');
    expect(sink.fields).toEqual(fields);
  }
});

test.each([
  ['C.1.1', 10, 0x1f, '0a'],
  ['C.1.2', 1337, 0x1f, '1f9a0a'],
  ['C.1.3', 42, 0xff, '2a'],
])('%s: integer %i', (_name, value, mask, hex) => {
  const out = Buffer.alloc(8);
  expect(out.toString('hex', 0, encodeInteger(out, 0, 0, mask, value))).toBe(hex);
  const bytes = fromHex(hex);
  expect(decodeInteger({ bytes, at: 0, end: bytes.length }, mask)).toBe(value);
});

test.each([
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-key', '25a849e95ba97d7f'],
  ['custom-value', '25a849e95bb8e8b4bf'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['https://www.example.com', '9d29ad171863c78f0b97c8e9ae82ae43d3'],
])('Huffman code of %s', (text, hex) => {
  const out = Buffer.alloc(64);
  expect(out.toString('hex', 0, encodeHuffman(text, out, 0))).toBe(hex);
});
