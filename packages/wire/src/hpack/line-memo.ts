/**
 * Remembers decoded lines by their bytes. A literal without indexing whose name is in the static table or spelt out
 * means the same wherever it stands, so a line seen before need not be decoded again: its bytes are compared and the
 * strings of the last time are given out.
 *
 * Direct mapped and small. A line is kept the second time its hash misses, so that lines which are new each time
 * (trace ids, dates) cost no copy. The hash looks at the length and eight octets only; it decides where to look, never
 * whether it is the same line.
 */

const slots = 64;
const slotMask = slots - 1;
/** Longer lines are not kept: 64 of them must stay affordable on every connection. */
export const maxMemoLine = 128;

export interface MemoLine {
  readonly name: string;
  readonly value: string;
  readonly facts: number;
}

export class LineMemo {
  readonly #lines: (MemoLine | undefined)[] = Array.from({ length: slots });
  readonly #lengths = new Uint8Array(slots);
  /** The hash that missed last in each slot. */
  readonly #candidates = new Int32Array(slots);
  /** The bytes of the lines, one stretch per slot; made when the first line is kept. */
  #kept: Buffer | undefined;
  #hash = 0;

  /** The line whose bytes are `bytes[start..end)`, which must not be empty. A miss may be followed by `keep`. */
  find(bytes: Buffer, start: number, end: number): MemoLine | undefined {
    const hash = hashLine(bytes, start, end);
    this.#hash = hash;
    const slot = hash & slotMask;
    const line = this.#lines[slot];
    const kept = this.#kept;
    if (line === undefined || kept === undefined || this.#lengths[slot] !== end - start) return undefined;
    let at = slot * maxMemoLine;
    for (let i = start; i < end; i++) if (bytes[i] !== kept[at++]) return undefined;
    return line;
  }

  /** Offers the line that the last `find` missed. */
  keep(bytes: Buffer, start: number, end: number, name: string, value: string, facts: number): void {
    const slot = this.#hash & slotMask;
    if (this.#candidates[slot] !== this.#hash) {
      this.#candidates[slot] = this.#hash;
      return;
    }
    if (end - start > maxMemoLine) return;
    this.#kept ??= Buffer.allocUnsafeSlow(slots * maxMemoLine);
    bytes.copy(this.#kept, slot * maxMemoLine, start, end);
    this.#lengths[slot] = end - start;
    this.#lines[slot] = { name, value, facts };
  }
}

/** Mixes the length, the first three octets, one in the middle and the last four into 32 bits, never 0. */
const hashLine = (bytes: Buffer, start: number, end: number): number => {
  const length = end - start;
  let hash = length;
  hash = Math.imul(hash ^ (bytes[start] as number), 0x9e3779b1);
  hash = Math.imul(hash ^ (bytes[start + (length > 1 ? 1 : 0)] as number), 0x9e3779b1);
  hash = Math.imul(hash ^ (bytes[start + (length >>> 2)] as number), 0x9e3779b1);
  hash = Math.imul(hash ^ (bytes[start + (length >>> 1)] as number), 0x9e3779b1);
  for (let i = end - Math.min(4, length); i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x9e3779b1);
  hash ^= hash >>> 15;
  return hash === 0 ? 1 : hash;
};
