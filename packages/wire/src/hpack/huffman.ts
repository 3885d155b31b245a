/**
 * Huffman coding of HPACK strings (RFC 7541 section 5.2). Decoding looks ten bits up at once, which settles every
 * printable octet but a dozen; longer codes are found from the canonical form of the code.
 */
import {
  codeCount,
  codeLengths,
  codes,
  eos,
  firstCode,
  firstSymbol,
  maxCodeBits,
  symbolsByCode,
} from './huffman-code.ts';

const lookupBits = 10;
/** `symbol << 4 | length` by the next ten bits; 0 when the code is longer. */
const lookup = new Uint16Array(1 << lookupBits);
for (let symbol = 0; symbol < eos; symbol++) {
  const bits = codeLengths[symbol] as number;
  if (bits > lookupBits) continue;
  const first = (codes[symbol] as number) << (lookupBits - bits);
  lookup.fill((symbol << 4) | bits, first, first + (1 << (lookupBits - bits)));
}

/** The least number of bits a code takes: what bounds the output of a decode. */
const minCodeBits = 5;

/** The most octets that `length` octets of Huffman code decode to. */
export const maxDecodedLength = (length: number): number => Math.floor((length * 8) / minCodeBits);

/**
 * Decodes `bytes[start..end)` into `out` from 0, which must have room for `maxDecodedLength(end - start)`.
 * Returns the length, or -1 for padding that is longer than seven bits or not all ones, or a coded EOS.
 */
export const decodeHuffman = (bytes: Buffer, start: number, end: number, out: Buffer): number => {
  let written = 0;
  // The low `held` bits of `window` are yet to be decoded. Never more than 10 + 7 before an octet is added.
  let window = 0;
  let held = 0;
  let at = start;
  for (;;) {
    while (held < lookupBits && at < end) {
      window = ((window & 0x3ff) << 8) | (bytes[at++] as number);
      held += 8;
    }
    const bits = held >= lookupBits ? window >>> (held - lookupBits) : window << (lookupBits - held);
    const entry = lookup[bits & 0x3ff] as number;
    const length = entry & 0x0f;
    if (entry !== 0 && length <= held) {
      out[written++] = entry >>> 4;
      held -= length;
    } else if (held < lookupBits) {
      // The input is at its end: what is left must be a prefix of EOS, which is all ones, shorter than an octet.
      const ones = (1 << held) - 1;
      return held < 8 && (window & ones) === ones ? written : -1;
    } else {
      const long = decodeLong(bytes, at, end, window & ((1 << held) - 1), held);
      if (long < 0) return -1;
      out[written++] = long & 0xff;
      const used = long >>> 8;
      // `used` counts from the first held bit: drop what was held, then whole octets, and hold the rest of the last.
      const fromInput = used - held;
      if (fromInput <= 0) {
        held -= used;
      } else {
        const octets = (fromInput + 7) >>> 3;
        at += octets;
        held = octets * 8 - fromInput;
        window = bytes[at - 1] as number;
      }
    }
  }
};

/** Decodes one code longer than `lookupBits`. Returns `bits used << 8 | symbol`, or -1. */
const decodeLong = (bytes: Buffer, at: number, end: number, window: number, held: number): number => {
  let code = window >>> (held - lookupBits);
  let left = held - lookupBits;
  let current = window;
  for (let length = lookupBits + 1; length <= maxCodeBits; length++) {
    if (left === 0) {
      if (at >= end) return -1;
      current = bytes[at++] as number;
      left = 8;
    }
    code = code * 2 + ((current >>> --left) & 1);
    const nth = code - (firstCode[length] as number);
    if (nth >= 0 && nth < (codeCount[length] as number)) {
      const symbol = symbolsByCode[(firstSymbol[length] as number) + nth] as number;
      return symbol === eos ? -1 : (length << 8) | symbol;
    }
  }
  return -1;
};

/** Octets that a Latin-1 string takes in Huffman code. */
export const huffmanLength = (text: string): number => {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += codeLengths[text.charCodeAt(i) & 0xff] as number;
  return (bits + 7) >>> 3;
};

/** Writes the Huffman code of a Latin-1 string and its padding at `at`; returns the offset behind it. */
export const encodeHuffman = (text: string, out: Buffer, at: number): number => {
  let window = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    const code = codes[symbol] as number;
    let bits = codeLengths[symbol] as number;
    // In two steps when the code is long, so that the window never passes 32 bits.
    if (bits > 16) {
      window = (window << (bits - 16)) | (code >>> 16);
      held += bits - 16;
      bits = 16;
      for (; held >= 8; held -= 8) out[at++] = window >>> (held - 8);
    }
    window = (window << bits) | (code & 0xffff);
    held += bits;
    for (; held >= 8; held -= 8) out[at++] = window >>> (held - 8);
  }
  if (held > 0) out[at++] = (window << (8 - held)) | (0xff >>> held);
  return at;
};
