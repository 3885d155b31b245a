/**
 * The Huffman code of RFC 7541 appendix B. It is canonical (codes of one length ascend with the symbol, lengths ascend
 * with the code), so the lengths alone define it.
 */

/** Code lengths in bits of the octets 0 to 255 and of EOS (256). */
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];

export const eos = 256;
export const maxCodeBits = 30;

/** Code length of each symbol. */
export const codeLengths: Uint8Array = Uint8Array.from(lengths);
/** Code of each symbol, in the low bits. */
export const codes: Uint32Array = new Uint32Array(lengths.length);
/** The symbols in the order of their codes. */
export const symbolsByCode: Uint16Array = new Uint16Array(lengths.length);
/** For each length: the first code of that length, and where its symbol stands in `symbolsByCode`. */
export const firstCode: Uint32Array = new Uint32Array(maxCodeBits + 2);
export const firstSymbol: Uint16Array = new Uint16Array(maxCodeBits + 2);
/** For each length: how many codes have it. */
export const codeCount: Uint16Array = new Uint16Array(maxCodeBits + 2);

let nextCode = 0;
let nextSymbol = 0;
for (let bits = 1; bits <= maxCodeBits; bits++) {
  nextCode *= 2;
  firstCode[bits] = nextCode;
  firstSymbol[bits] = nextSymbol;
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    if (lengths[symbol] !== bits) continue;
    codes[symbol] = nextCode++;
    symbolsByCode[nextSymbol++] = symbol;
  }
  codeCount[bits] = nextSymbol - (firstSymbol[bits] as number);
}
