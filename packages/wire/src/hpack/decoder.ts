/**
 * HPACK decoder (RFC 7541), complete, strict and bounded. It turns one header block into calls of a sink.
 *
 * We announce SETTINGS_HEADER_TABLE_SIZE 0, so that blocks become context-free, but the dynamic table works all the
 * same: a peer may use 4096 octets of it until it has acknowledged our settings, and need not have any reason to stop
 * before.
 */

import { readLatin1 } from '../latin1.ts';
import { DynamicTable, fieldOverhead } from './dynamic-table.ts';
import { decodeHuffman, maxDecodedLength } from './huffman.ts';
import { type Cursor, decodeInteger } from './integer.ts';
import { LineMemo, maxMemoLine } from './line-memo.ts';
import { staticNames, staticTableLength, staticValues } from './static-table.ts';

/** Receives the fields of a block in order. Names and values are Latin-1 strings, as sent. */
export interface FieldSink {
  /** `facts` is what the decoder's `classify` said of this field, now or when it was remembered. */
  field(name: string, value: string, facts: number): void;
}

export interface HpackDecoderLimits {
  /** Decoded octets per block, counting 32 for each field (SETTINGS_MAX_HEADER_LIST_SIZE). */
  readonly maxListSize: number;
  readonly maxFields: number;
}

/**
 * What came of a block:
 * - `ok`: every field went to the sink.
 * - `too-large`: a limit was passed; the sink got the fields before that. The block was decoded to its end, so that the
 *   connection can go on and only the stream is refused.
 * - everything else: a decoding error, after which the connection must end with COMPRESSION_ERROR.
 */
export type HpackResult =
  | 'ok'
  | 'too-large'
  /** An integer that does not end or is above 2^28 - 1. */
  | 'bad-integer'
  /** An index of 0, or beyond both tables. */
  | 'bad-index'
  /** A string that is longer than the block. */
  | 'truncated'
  /** Padding that is not a short prefix of EOS, or a coded EOS. */
  | 'bad-huffman'
  /** A table size update behind a field, or above the limit (RFC 7541 section 4.2). */
  | 'bad-size-update'
  /** The table size was reduced and the block does not begin by saying so (RFC 9113 section 4.3.1). */
  | 'missing-size-update';

/** The table size before any settings (RFC 9113 section 6.5.2). */
export const defaultTableSize = 4096;

/** Strings up to this length share one scratch buffer. */
const scratch = Buffer.allocUnsafeSlow(4096);

export class HpackDecoder {
  readonly #limits: HpackDecoderLimits;
  readonly #classify: (name: string, value: string) => number;
  readonly #table = new DynamicTable(defaultTableSize);
  readonly #memo = new LineMemo();
  /** What the static table's fields classify as, by index. */
  readonly #staticFacts: Int32Array;
  /** The largest table the peer may ask for now. */
  #tableLimit = defaultTableSize;
  #needsSizeUpdate = false;

  readonly #cursor: { bytes: Buffer; at: number; end: number } = { bytes: scratch, at: 0, end: 0 };
  #sink: FieldSink = discard;
  #listSize = 0;
  #fields = 0;
  #error: HpackResult = 'ok';

  /**
   * `classify` looks at each distinct field once (validation, kind of name); its answer is handed to the sink with the
   * field. It must depend on its arguments only.
   */
  constructor(limits: HpackDecoderLimits, classify: (name: string, value: string) => number = () => 0) {
    this.#limits = limits;
    this.#classify = classify;
    this.#staticFacts = staticFactsOf(classify);
  }

  /** To be called when the peer acknowledges a SETTINGS_HEADER_TABLE_SIZE of ours. */
  setTableLimit(size: number): void {
    this.#tableLimit = size;
    if (size < this.#table.maxSize) this.#needsSizeUpdate = true;
  }

  /** Decodes the whole block `bytes[start..end)`. The bytes are not referred to afterwards. */
  decode(bytes: Buffer, start: number, end: number, sink: FieldSink): HpackResult {
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.at = start;
    cursor.end = end;
    this.#sink = sink;
    this.#listSize = 0;
    this.#fields = 0;
    this.#error = 'ok';
    this.#sizeUpdates(cursor);
    while (cursor.at < cursor.end && this.#error === 'ok') this.#line(cursor);
    cursor.bytes = scratch;
    this.#sink = discard;
    if (this.#error !== 'ok') return this.#error;
    return this.#isWithinLimits() ? 'ok' : 'too-large';
  }

  #sizeUpdates(cursor: Cursor): void {
    while (cursor.at < cursor.end && ((cursor.bytes[cursor.at] as number) & 0xe0) === 0x20) {
      const size = decodeInteger(cursor, 0x1f);
      if (size < 0) return this.#fail('bad-integer');
      if (size > this.#tableLimit) return this.#fail('bad-size-update');
      this.#needsSizeUpdate = false;
      this.#table.resize(size);
    }
    if (this.#needsSizeUpdate) this.#fail('missing-size-update');
  }

  #line(cursor: Cursor): void {
    const first = cursor.bytes[cursor.at] as number;
    if (first >= 0x80) this.#indexed(cursor);
    else if (first >= 0x40) this.#literal(cursor, 0x3f, true);
    else if (first >= 0x20) this.#fail('bad-size-update');
    else if (first >= 0x10) this.#literal(cursor, 0x0f, false);
    else this.#memoised(cursor);
  }

  #indexed(cursor: Cursor): void {
    const index = decodeInteger(cursor, 0x7f);
    if (index < 0) return this.#fail('bad-integer');
    if (index > 0 && index <= staticTableLength) {
      this.#emit(staticNames[index] as string, staticValues[index] as string, this.#staticFacts[index] as number);
      return;
    }
    const entry = this.#table.at(index - staticTableLength - 1);
    if (index === 0 || entry === undefined) return this.#fail('bad-index');
    this.#emit(entry.name, entry.value, entry.facts);
  }

  /** A literal without indexing: looked up by its bytes when those say it all. */
  #memoised(cursor: Cursor): void {
    const start = cursor.at;
    const end = contextFreeEnd(cursor);
    if (end < 0) {
      this.#literal(cursor, 0x0f, false);
      return;
    }
    const line = this.#memo.find(cursor.bytes, start, end);
    if (line !== undefined) {
      cursor.at = end;
      this.#emit(line.name, line.value, line.facts);
      return;
    }
    const name = this.#name(cursor, 0x0f);
    if (this.#error !== 'ok') return;
    const value = this.#string(cursor);
    if (this.#error !== 'ok') return;
    const facts = this.#classify(name, value);
    this.#memo.keep(cursor.bytes, start, end, name, value, facts);
    this.#emit(name, value, facts);
  }

  #literal(cursor: Cursor, mask: number, isIndexing: boolean): void {
    const name = this.#name(cursor, mask);
    if (this.#error !== 'ok') return;
    const value = this.#string(cursor);
    if (this.#error !== 'ok') return;
    const facts = this.#classify(name, value);
    if (isIndexing) this.#table.insert({ name, value, facts });
    this.#emit(name, value, facts);
  }

  #name(cursor: Cursor, mask: number): string {
    const index = decodeInteger(cursor, mask);
    if (index === 0) return this.#string(cursor);
    if (index < 0) this.#fail('bad-integer');
    else if (index <= staticTableLength) return staticNames[index] as string;
    else {
      const entry = this.#table.at(index - staticTableLength - 1);
      if (entry !== undefined) return entry.name;
      this.#fail('bad-index');
    }
    return '';
  }

  #string(cursor: Cursor): string {
    const { bytes, at, end } = cursor;
    if (at >= end) {
      this.#fail('truncated');
      return '';
    }
    const isHuffman = (bytes[at] as number) >= 0x80;
    const length = decodeInteger(cursor, 0x7f);
    if (length < 0) {
      this.#fail('bad-integer');
      return '';
    }
    const start = cursor.at;
    if (length > end - start) {
      this.#fail('truncated');
      return '';
    }
    cursor.at = start + length;
    if (!isHuffman) return readLatin1(bytes, start, start + length);
    const room = maxDecodedLength(length);
    const out = room <= scratch.length ? scratch : Buffer.allocUnsafe(room);
    const decoded = decodeHuffman(bytes, start, start + length, out);
    if (decoded < 0) {
      this.#fail('bad-huffman');
      return '';
    }
    return readLatin1(out, 0, decoded);
  }

  #emit(name: string, value: string, facts: number): void {
    this.#fields++;
    this.#listSize += name.length + value.length + fieldOverhead;
    if (this.#isWithinLimits()) this.#sink.field(name, value, facts);
  }

  #isWithinLimits(): boolean {
    return this.#listSize <= this.#limits.maxListSize && this.#fields <= this.#limits.maxFields;
  }

  #fail(error: HpackResult): void {
    if (this.#error === 'ok') this.#error = error;
  }
}

/**
 * Where a literal without indexing ends, when it is complete, of a length the memo keeps, and does not refer to the
 * dynamic table; else -1.
 */
const contextFreeEnd = (cursor: Cursor): number => {
  const { bytes, end } = cursor;
  let at = cursor.at + 1;
  const prefix = (bytes[cursor.at] as number) & 0x0f;
  if (prefix === 0x0f) {
    // 15 and one octet: the static table ends at 61, which is 15 + 46.
    if (at >= end || (bytes[at++] as number) > staticTableLength - 0x0f) return -1;
  } else if (prefix === 0) {
    if (at >= end) return -1;
    const length = (bytes[at++] as number) & 0x7f;
    if (length === 0x7f) return -1;
    at += length;
  }
  if (at >= end) return -1;
  const length = (bytes[at++] as number) & 0x7f;
  if (length === 0x7f) return -1;
  at += length;
  return at <= end && at - cursor.at <= maxMemoLine ? at : -1;
};

const discard: FieldSink = { field: () => undefined };

const factsByClassify = new WeakMap<(name: string, value: string) => number, Int32Array>();

/** Shared by the connections that classify alike. */
const staticFactsOf = (classify: (name: string, value: string) => number): Int32Array => {
  let facts = factsByClassify.get(classify);
  if (facts === undefined) {
    facts = Int32Array.from(staticNames, (name, i) => (i === 0 ? 0 : classify(name, staticValues[i] as string)));
    factsByClassify.set(classify, facts);
  }
  return facts;
};
