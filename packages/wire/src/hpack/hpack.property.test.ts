import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder } from './decoder.ts';
import { encodeField, maxEncodedLength, tableSizeZero } from './encoder.ts';
import { decodeHuffman, encodeHuffman, huffmanLength, maxDecodedLength } from './huffman.ts';
import { decodeInteger, encodeInteger } from './integer.ts';
import { staticNames, staticValues } from './static-table.ts';
import { CollectingSink, literalLine } from './testing.ts';

const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
  maxLength: 300,
});
const octets = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const name = fc.oneof(
  fc.constantFrom(...staticNames.slice(1)),
  fc.string({
    unit: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz-_0123456789')),
    minLength: 1,
    maxLength: 40,
  }),
);
const field = fc.tuple(name, fc.oneof(fc.constantFrom(...staticValues), latin1));
const limits = { maxListSize: 1 << 24, maxFields: 10_000 };

test('integers survive the round trip for any prefix', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 28 - 1 }), fc.constantFrom(0x0f, 0x1f, 0x3f, 0x7f), (value, mask) => {
      const out = Buffer.alloc(8);
      const end = encodeInteger(out, 0, ~mask & 0xff, mask, value);
      const cursor = { bytes: out, at: 0, end };
      expect(decodeInteger(cursor, mask)).toBe(value);
      expect(cursor.at).toBe(end);
      for (let cut = 0; cut < end; cut++) expect(decodeInteger({ bytes: out, at: 0, end: cut }, mask)).toBe(-1);
    }),
  );
});

test('Huffman code survives the round trip and has the length it says', () => {
  fc.assert(
    fc.property(latin1, (text) => {
      const out = Buffer.alloc(text.length * 4 + 1);
      const end = encodeHuffman(text, out, 0);
      expect(end).toBe(huffmanLength(text));
      const decoded = Buffer.alloc(maxDecodedLength(end));
      expect(decoded.toString('latin1', 0, decodeHuffman(out, 0, end, decoded))).toBe(text);
    }),
  );
});

test('any octets are either refused as Huffman code or are the one code of what they decode to', () => {
  fc.assert(
    fc.property(octets, (bytes) => {
      const decoded = Buffer.alloc(maxDecodedLength(bytes.length));
      const length = decodeHuffman(bytes, 0, bytes.length, decoded);
      if (length < 0) return;
      const again = Buffer.alloc(bytes.length + 8);
      const end = encodeHuffman(decoded.toString('latin1', 0, length), again, 0);
      expect(again.subarray(0, end)).toEqual(bytes);
    }),
    { numRuns: 1000 },
  );
});

test('blocks of our encoder survive the round trip, on a connection that goes on', () => {
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 20 }), { minLength: 1, maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder(limits);
      decoder.setTableLimit(0);
      for (const [i, fields] of blocks.entries()) {
        const room = fields.reduce((sum, [n, v]) => sum + maxEncodedLength(n, v), 1);
        const out = Buffer.alloc(room);
        let end = i === 0 ? out.write(tableSizeZero) : 0;
        for (const [n, v] of fields) end = encodeField(out, end, n, v);
        const sink = new CollectingSink();
        expect(decoder.decode(out, 0, end, sink)).toBe('ok');
        expect(sink.fields).toEqual(fields);
      }
    }),
  );
});

test('literals of any kind decode alike, however often they come', () => {
  const line = fc.tuple(fc.constantFrom(0x00, 0x10, 0x40), name, latin1, fc.boolean());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const decoder = new HpackDecoder(limits);
      const block = Buffer.concat(lines.map(([pattern, n, v, isHuffman]) => literalLine(pattern, n, v, isHuffman)));
      for (let i = 0; i < 4; i++) {
        const sink = new CollectingSink();
        expect(decoder.decode(block, 0, block.length, sink)).toBe('ok');
        expect(sink.fields).toEqual(lines.map(([, n, v]) => [n, v]));
      }
    }),
  );
});

test('a decoder that has seen other blocks decodes the next one as a fresh one does, if that is context-free', () => {
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 4 }), fc.array(field, { maxLength: 10 }), (noise, fields) => {
      const decoder = new HpackDecoder(limits);
      for (const bytes of noise) decoder.decode(bytes, 0, bytes.length, new CollectingSink());
      const out = Buffer.alloc(fields.reduce((sum, [n, v]) => sum + maxEncodedLength(n, v), 0));
      let end = 0;
      for (const [n, v] of fields) end = encodeField(out, end, n, v);
      const sink = new CollectingSink();
      expect(decoder.decode(out, 0, end, sink)).toBe('ok');
      expect(sink.fields).toEqual(fields);
    }),
  );
});
