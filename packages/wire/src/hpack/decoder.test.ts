import { describe, expect, test } from 'vitest';
import { HpackDecoder, type HpackResult } from './decoder.ts';
import { encodeField } from './encoder.ts';
import { CollectingSink, fromHex, literalLine, stringLiteral } from './testing.ts';

const limits = { maxListSize: 65_536, maxFields: 100 };
const decodeWith = (decoder: HpackDecoder, bytes: Buffer): [HpackResult, [string, string][]] => {
  const sink = new CollectingSink();
  return [decoder.decode(bytes, 0, bytes.length, sink), sink.fields];
};
const decode = (hex: string): [HpackResult, [string, string][]] => decodeWith(new HpackDecoder(limits), fromHex(hex));

test.each<[name: string, hex: string, result: HpackResult]>([
  ['an empty block', '', 'ok'],
  ['index 0', '80', 'bad-index'],
  ['an index beyond the static table, the dynamic one being empty', 'be', 'bad-index'],
  ['an index of 28 bits', 'ff80ffffff7f', 'bad-integer'],
  ['an index that does not end', 'ffffffffffffffffff', 'bad-integer'],
  ['an index that is cut off', 'ff', 'bad-integer'],
  ['a length with needless continuation octets', '00ff808080808000', 'bad-integer'],
  ['a name index beyond both tables', '7f8001', 'bad-index'],
  ['a literal without a name', '00', 'truncated'],
  ['a name that is cut off', '00036162', 'truncated'],
  ['a literal without a value', '000161', 'truncated'],
  ['a value that is cut off', '0001610262', 'truncated'],
  ['a value longer than the block', '0001617fffff7f', 'truncated'],
  ['padding of more than seven bits', '000161822fff', 'bad-huffman'],
  ['padding of zeros', '0001618118', 'bad-huffman'],
  ['a coded EOS', '00016184ffffffff', 'bad-huffman'],
  ['a Huffman string of padding only', '00016181ff', 'bad-huffman'],
  ['an empty Huffman string', '00016180', 'ok'],
  ['a size update to 4096', '3fe11f', 'ok'],
  ['a size update above the limit', '3fe21f', 'bad-size-update'],
  ['a size update behind a field', '8220', 'bad-size-update'],
  ['two size updates', '203fe11f82', 'ok'],
  ['a size update that does not end', '3fffffffffffff', 'bad-integer'],
])('%s', (_name, hex, result) => {
  expect(decode(hex)[0]).toBe(result);
});

describe('the table size we announced', () => {
  const indexed = literalLine(0x40, 'x-kept', 'value', false);

  test('the peer may use 4096 octets until it acknowledges 0', () => {
    const decoder = new HpackDecoder(limits);
    expect(decodeWith(decoder, indexed)[0]).toBe('ok');
    expect(decodeWith(decoder, fromHex('be'))).toEqual(['ok', [['x-kept', 'value']]]);
  });

  test('afterwards its next block must say so', () => {
    const decoder = new HpackDecoder(limits);
    decodeWith(decoder, indexed);
    decoder.setTableLimit(0);
    expect(decodeWith(decoder, fromHex('82'))[0]).toBe('missing-size-update');
  });

  test('what it inserted is gone, and inserting is without effect', () => {
    const decoder = new HpackDecoder(limits);
    decodeWith(decoder, indexed);
    decoder.setTableLimit(0);
    expect(decodeWith(decoder, fromHex('2082'))[0]).toBe('ok');
    expect(decodeWith(decoder, indexed)).toEqual(['ok', [['x-kept', 'value']]]);
    expect(decodeWith(decoder, fromHex('be'))[0]).toBe('bad-index');
    expect(decodeWith(decoder, fromHex('3fe11f'))[0]).toBe('bad-size-update');
  });

  test('a peer that had given its table up before need not say so again', () => {
    const decoder = new HpackDecoder(limits);
    expect(decodeWith(decoder, fromHex('2082'))[0]).toBe('ok');
    decoder.setTableLimit(0);
    expect(decodeWith(decoder, fromHex('82'))[0]).toBe('ok');
  });
});

describe('limits', () => {
  test('HPACK bomb: one large entry named by single octets stops at the decoded size, and the connection goes on', () => {
    const decoder = new HpackDecoder({ maxListSize: 16_384, maxFields: 10_000 });
    const bomb = Buffer.concat([literalLine(0x40, 'a', 'b'.repeat(4000), false), Buffer.alloc(10_000, 0xbe)]);
    const [result, fields] = decodeWith(decoder, bomb);
    expect(result).toBe('too-large');
    expect(fields).toHaveLength(4);
    expect(decodeWith(decoder, fromHex('be'))[0]).toBe('ok');
  });

  test('many tiny fields stop at the count', () => {
    const decoder = new HpackDecoder({ maxListSize: 1 << 20, maxFields: 100 });
    const [result, fields] = decodeWith(decoder, Buffer.alloc(60_000, 0x90));
    expect(result).toBe('too-large');
    expect(fields).toHaveLength(100);
  });

  test('cookie crumbs count 32 octets each', () => {
    const decoder = new HpackDecoder({ maxListSize: 4096, maxFields: 1000 });
    const crumbs = Buffer.concat(Array.from({ length: 200 }, () => fromHex('0f1100')));
    const [result, fields] = decodeWith(decoder, crumbs);
    expect(result).toBe('too-large');
    expect(fields).toHaveLength(Math.floor(4096 / ('cookie'.length + 32)));
  });
});

describe('remembered lines', () => {
  test('classify is asked once per repeated line, and its answer comes with each', () => {
    let asked = 0;
    const decoder = new HpackDecoder(limits, (name) => {
      if (name === 'x-app') asked++;
      return name.length;
    });
    const line = literalLine(0, 'x-app', 'books', false);
    for (let i = 0; i < 10; i++) {
      const sink = new CollectingSink();
      expect(decoder.decode(line, 0, line.length, sink)).toBe('ok');
      expect(sink.fields).toEqual([['x-app', 'books']]);
      expect(sink.facts).toEqual([5]);
    }
    expect(asked).toBeLessThan(4);
  });

  test('a line is known by all its bytes, not by its hash', () => {
    const decoder = new HpackDecoder(limits);
    const base = `${'p'.repeat(9)}A${'q'.repeat(60)}`;
    const other = `${'p'.repeat(9)}B${'q'.repeat(60)}`;
    for (let i = 0; i < 4; i++) {
      for (const value of [base, base, other, other]) {
        expect(decodeWith(decoder, literalLine(0, 'x', value, false))[1]).toEqual([['x', value]]);
      }
    }
  });

  test('a name from the dynamic table is never remembered by its bytes', () => {
    const decoder = new HpackDecoder(limits);
    const usesNewest = Buffer.concat([fromHex('0f2f'), stringLiteral('v', false)]);
    for (const name of ['x-one', 'x-two', 'x-three']) {
      for (let i = 0; i < 3; i++) decodeWith(decoder, usesNewest);
      expect(decodeWith(decoder, literalLine(0x40, name, 'v', false))[0]).toBe('ok');
      expect(decodeWith(decoder, usesNewest)).toEqual(['ok', [[name, 'v']]]);
    }
  });
});

test.each([
  [':method', 'GET', '82'],
  [':method', 'PUT', '0203505554'],
  [':status', '404', '8d'],
  ['accept-encoding', 'gzip, deflate', '90'],
  ['authorization', 'Basic x', '1f080742617369632078'],
  ['cookie', '', '1f1100'],
  ['x-y', 'z', '0003782d79017a'],
  ['content-type', '', '0f1000'],
])('encodes %s: %s', (name, value, hex) => {
  const out = Buffer.alloc(64);
  expect(out.toString('hex', 0, encodeField(out, 0, name, value))).toBe(hex);
});
