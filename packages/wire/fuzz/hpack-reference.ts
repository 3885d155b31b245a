/**
 * A naive HPACK decoder, written from RFC 7541 without a thought for speed: what the real one is compared with. Strings
 * are decoded bit by bit, the dynamic table is an array with the newest entry first.
 */
import { codeLengths, codes, eos } from '../src/hpack/huffman-code.ts';
import { staticNames, staticTableLength, staticValues } from '../src/hpack/static-table.ts';

type Field = readonly [name: string, value: string];

/** Thrown for anything that a decoder must refuse. */
class Refused extends Error {}

const symbolOfCode = new Map<string, number>();
for (let symbol = 0; symbol <= eos; symbol++) {
  symbolOfCode.set((codes[symbol] ?? 0).toString(2).padStart(codeLengths[symbol] ?? 0, '0'), symbol);
}

export class ReferenceDecoder {
  #table: Field[] = [];
  #maxSize = 4096;
  readonly #limit = 4096;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The fields of a block; undefined when it must be refused, after which the decoder is of no use. */
  decode(bytes: Buffer): Field[] | undefined {
    this.#bytes = bytes;
    this.#at = 0;
    const fields: Field[] = [];
    try {
      let isAtStart = true;
      while (this.#at < bytes.length) {
        const isUpdate = (this.#peek() & 0xe0) === 0x20;
        if (isUpdate && !isAtStart) throw new Refused('size update behind a field');
        if (isUpdate) this.#sizeUpdate();
        else {
          isAtStart = false;
          fields.push(this.#field());
        }
      }
      return fields;
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }

  #peek(): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) throw new Refused('end of block');
    return octet;
  }

  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = this.#peek() & mask;
    this.#at++;
    if (value < mask) return value;
    for (let weight = 1; ; weight *= 128) {
      const octet = this.#peek();
      this.#at++;
      value += (octet & 0x7f) * weight;
      if (value >= 2 ** 28 || weight > 2 ** 28) throw new Refused('large integer');
      if (octet < 0x80) return value;
    }
  }

  #sizeUpdate(): void {
    const size = this.#integer(5);
    if (size > this.#limit) throw new Refused('size above the limit');
    this.#maxSize = size;
    this.#evict();
  }

  #entry(index: number): Field {
    if (index >= 1 && index <= staticTableLength) return [staticNames[index] ?? '', staticValues[index] ?? ''];
    const entry = this.#table[index - staticTableLength - 1];
    if (index === 0 || entry === undefined) throw new Refused('no such index');
    return entry;
  }

  #field(): Field {
    const first = this.#peek();
    if (first >= 0x80) return this.#entry(this.#integer(7));
    const isIndexing = first >= 0x40;
    const index = this.#integer(isIndexing ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    const field: Field = [name, this.#string()];
    if (isIndexing) {
      this.#table.unshift(field);
      this.#evict();
    }
    return field;
  }

  #string(): string {
    const isHuffman = this.#peek() >= 0x80;
    const length = this.#integer(7);
    if (this.#at + length > this.#bytes.length) throw new Refused('long string');
    const octets = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return isHuffman ? unhuffman(octets) : octets.toString('latin1');
  }

  #evict(): void {
    const size = (): number => this.#table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.#maxSize) this.#table.pop();
  }
}

const unhuffman = (octets: Buffer): string => {
  let text = '';
  let code = '';
  for (const octet of octets) {
    for (const bit of octet.toString(2).padStart(8, '0')) {
      code += bit;
      const symbol = symbolOfCode.get(code);
      if (symbol === undefined) continue;
      if (symbol === eos) throw new Refused('EOS');
      text += String.fromCharCode(symbol);
      code = '';
    }
  }
  if (code.length > 7 || code.includes('0')) throw new Refused('padding');
  return text;
};
