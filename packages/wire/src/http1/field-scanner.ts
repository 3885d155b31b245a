/**
 * Scans a block of field lines (a head's fields, or trailers) in one pass over its octets. Nothing is allocated until
 * the block is known to be complete and well-formed; then one string is made and all values are views of it, which was
 * the fastest of the ways tried (a string scanned by `indexOf` takes twice as long; see bench/http1.bench.ts).
 */
import type { HeaderList } from '../header-list.ts';
import type { Http1ErrorCode } from './error.ts';
import { FieldKind, frequentName, mixName } from './field-names.ts';
import { isValueOctet, tokenLower } from './grammar.ts';

/** Why a scan found no complete, well-formed text. `incomplete` is no error by itself. */
export type ScanFault = Http1ErrorCode | 'incomplete';

/** The most fields any limit may allow. */
export const mostFields = 1024;

/** Where the fields of the last scan stand: four offsets a field. Shared by all decoders, since a scan is synchronous. */
const offsets = new Int32Array(4 * mostFields);
/** The name of each field of the last scan, if it is a frequent one. */
const found: (string | undefined)[] = [];
let fieldCount = 0;

/**
 * The fields of the last scan that the codec acts upon: index and kind of each, in order. A field that is not here is
 * ordinary, since the names acted upon are all frequent.
 */
export const specialFields = { count: 0, indexes: new Int32Array(mostFields), kinds: new Uint8Array(mostFields) };

const CR = 13;
const LF = 10;
const HTAB = 9;
const SP = 32;
const COLON = 58;

/**
 * Scans field lines from `start` up to and including the empty line.
 * @param maxCount at most `mostFields`
 * @returns the position after the empty line, or why there is none.
 */
export const scanFields = (buffer: Buffer, start: number, maxCount: number): number | ScanFault => {
  const end = buffer.length;
  let at = start;
  let count = 0;
  let specials = 0;
  for (;;) {
    const first = buffer[at];
    if (first === CR) {
      if (at + 1 >= end) return 'incomplete';
      if (buffer[at + 1] !== LF) return 'bad-field-name';
      fieldCount = count;
      specialFields.count = specials;
      return at + 2;
    }
    if (first === SP || first === HTAB) return 'obsolete-folding';
    if (count === maxCount) return at >= end ? 'incomplete' : 'too-many-fields';

    const nameStart = at;
    let hash = 0;
    while (at < end) {
      const lower = tokenLower[buffer[at] as number] as number;
      if (lower === 0) break;
      hash = mixName(hash, lower);
      at++;
    }
    if (at >= end) return 'incomplete';
    if (buffer[at] !== COLON || at === nameStart) return 'bad-field-name';
    const nameEnd = at++;

    while (buffer[at] === SP || buffer[at] === HTAB) at++;
    const valueStart = at;
    while (at < end && isValueOctet[buffer[at] as number] === 1) at++;
    if (at + 1 >= end) return 'incomplete';
    if (buffer[at] !== CR || buffer[at + 1] !== LF) return 'bad-field-value';
    let valueEnd = at;
    while (valueEnd > valueStart && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === HTAB)) valueEnd--;
    at += 2;

    const slot = count * 4;
    offsets[slot] = nameStart;
    offsets[slot + 1] = nameEnd;
    offsets[slot + 2] = valueStart;
    offsets[slot + 3] = valueEnd;
    const frequent = frequentName(buffer, nameStart, nameEnd, hash);
    found[count] = frequent?.name;
    if (frequent !== undefined && frequent.kind !== FieldKind.ordinary) {
      specialFields.indexes[specials] = count;
      specialFields.kinds[specials++] = frequent.kind;
    }
    count++;
  }
};

/**
 * Appends the fields of the last successful scan to `list`.
 * @param text the scanned octets as Latin-1
 * @param base position in the scanned buffer of the first char of `text`
 */
export const appendScannedFields = (text: string, base: number, list: HeaderList): void => {
  for (let i = 0; i < fieldCount; i++) {
    const slot = i * 4;
    const name = found[i] ?? text.substring(offset(slot) - base, offset(slot + 1) - base).toLowerCase();
    list.append(name, text.substring(offset(slot + 2) - base, offset(slot + 3) - base));
  }
};

const offset = (slot: number): number => offsets[slot] ?? 0;
