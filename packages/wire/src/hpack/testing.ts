/** What the tests of HPACK share. */

import { writeLatin1 } from '../latin1.ts';
import type { FieldSink } from './decoder.ts';
import { encodeHuffman, huffmanLength } from './huffman.ts';
import { encodeInteger } from './integer.ts';

export const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Keeps every field, and what was said of it. */
export class CollectingSink implements FieldSink {
  readonly fields: [name: string, value: string][] = [];
  readonly facts: number[] = [];

  field(name: string, value: string, facts: number): void {
    this.fields.push([name, value]);
    this.facts.push(facts);
  }
}

/** A literal with any of the three patterns (`0x40` incremental, `0x10` never, `0x00` without), names spelt out. */
export const literalLine = (pattern: number, name: string, value: string, isHuffman: boolean): Buffer =>
  Buffer.concat([Buffer.from([pattern]), stringLiteral(name, isHuffman), stringLiteral(value, isHuffman)]);

export const stringLiteral = (text: string, isHuffman: boolean): Buffer => {
  const length = isHuffman ? huffmanLength(text) : text.length;
  const out = Buffer.alloc(length + 6);
  const at = encodeInteger(out, 0, isHuffman ? 0x80 : 0, 0x7f, length);
  return out.subarray(0, isHuffman ? encodeHuffman(text, out, at) : writeLatin1(text, out, at));
};
