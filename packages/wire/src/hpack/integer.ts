/**
 * Integers with an N-bit prefix (RFC 7541 section 5.1), bounded: nothing in HTTP/2 needs more than 28 bits, and a
 * longer one is refused rather than overflowed.
 */

/** The largest value accepted; four continuation octets reach it. */
const maxInteger = 0x0fff_ffff;

/** A reading position in a header block: `at` moves forward over what was read. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

/**
 * Reads an integer whose prefix is the low bits `mask` (e.g. `0x7f`) of the octet at the cursor, and moves the cursor
 * behind it. -1 when the octets end early or the value is above 2^28 - 1.
 */
export const decodeInteger = (cursor: Cursor, mask: number): number => {
  if (cursor.at >= cursor.end) return -1;
  const prefix = (cursor.bytes[cursor.at++] as number) & mask;
  return prefix < mask ? prefix : decodeTail(cursor, mask);
};

const decodeTail = (cursor: Cursor, mask: number): number => {
  let value = mask;
  for (let shift = 0; shift <= 28; shift += 7) {
    if (cursor.at >= cursor.end) return -1;
    const octet = cursor.bytes[cursor.at++] as number;
    // Multiplication, since a shift by 28 would wrap into the sign bit.
    value += (octet & 0x7f) * 2 ** shift;
    if (value > maxInteger) return -1;
    if (octet < 0x80) return value;
  }
  return -1;
};

/**
 * Writes `value` with the prefix `mask`; `pattern` holds the bits above the prefix. Returns the offset behind it.
 * At most six octets are written.
 */
export const encodeInteger = (out: Buffer, at: number, pattern: number, mask: number, value: number): number => {
  if (value < mask) {
    out[at] = pattern | value;
    return at + 1;
  }
  out[at++] = pattern | mask;
  let rest = value - mask;
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at] = rest;
  return at + 1;
};
