/**
 * HPACK encoder that never inserts into the dynamic table: what it emits means the same in every block, so that the
 * peer can decode it, and either side remember it, by its bytes alone.
 *
 * Fields are indexed when the static table holds them whole, else literals; `authorization`, `cookie`, `set-cookie` and
 * `proxy-authorization` are marked never-indexed (RFC 7541 section 7.1.3). Strings are sent raw: Huffman code would save
 * a third of the octets of a head and cost more time than sending them between two proxies.
 */
import { encodeInteger } from './integer.ts';
import { writeLatin1 } from './latin1.ts';
import { staticIndexOf, staticIndexOfName } from './static-table.ts';

const neverIndexed = 0x10;
const withoutIndexing = 0x00;

const sensitive: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

/** The most octets that a field takes beyond its name and value. */
export const maxFieldFraming = 1 + 5 + 5;

/** The octets of a dynamic table size update to 0 (RFC 7541 section 6.3). */
const tableSizeZero = 0x20;

/** What is known of a name: the octets in front of its value, or of its whole line for the values worth remembering. */
interface NamePrefix {
  /** Pattern and name, without the value. */
  readonly bytes: Buffer;
  /** Whether the static table has this name with a value that is not empty. */
  readonly hasStaticValues: boolean;
}

/** Names seen, over all connections: literal names come from peers, so their number is bounded. */
const prefixes = new Map<string, NamePrefix>();
const maxPrefixes = 512;
const maxPrefixLength = 64;

const prefixOf = (name: string): NamePrefix => {
  const known = prefixes.get(name);
  if (known !== undefined) return known;
  const out = Buffer.allocUnsafe(name.length + maxFieldFraming);
  const pattern = sensitive.has(name) ? neverIndexed : withoutIndexing;
  const index = staticIndexOfName.get(name) ?? 0;
  let at = encodeInteger(out, 0, pattern, 0x0f, index);
  if (index === 0) {
    at = encodeInteger(out, at, 0, 0x7f, name.length);
    at = writeLatin1(name, out, at);
  }
  const prefix = { bytes: Buffer.from(out.subarray(0, at)), hasStaticValues: namesWithStaticValues.has(name) };
  if (prefixes.size < maxPrefixes && name.length <= maxPrefixLength) prefixes.set(name, prefix);
  return prefix;
};

const namesWithStaticValues: ReadonlySet<string> = new Set([
  ':method',
  ':path',
  ':scheme',
  ':status',
  'accept-encoding',
]);

/** An upper bound for the octets that `encodeField` writes. */
export const maxEncodedLength = (name: string, value: string): number => name.length + value.length + maxFieldFraming;

/**
 * Writes one field at `at` and returns the offset behind it. `out` must have room for `maxEncodedLength`. Names are
 * lower-case, both are Latin-1.
 */
export const encodeField = (out: Buffer, at: number, name: string, value: string): number => {
  const prefix = prefixOf(name);
  if (prefix.hasStaticValues) {
    const index = staticIndexOf(name, value);
    if (index !== 0) {
      out[at] = 0x80 | index;
      return at + 1;
    }
  }
  const { bytes } = prefix;
  for (let i = 0; i < bytes.length; i++) out[at++] = bytes[i] as number;
  return writeLatin1(value, out, encodeInteger(out, at, 0, 0x7f, value.length));
};

/**
 * Writes the table size update to 0 that makes our blocks context-free by agreement: at the head of the first block of
 * a connection, and of the next one after the peer changed SETTINGS_HEADER_TABLE_SIZE (RFC 9113 section 4.3.1).
 */
export const encodeTableSizeZero = (out: Buffer, at: number): number => {
  out[at] = tableSizeZero;
  return at + 1;
};
