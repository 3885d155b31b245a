/**
 * HPACK encoder that never inserts into the dynamic table: what it emits means the same in every block, so that the
 * peer can decode it, and either side remember it, by its bytes alone.
 *
 * Fields are indexed when the static table holds them whole, else literals; `authorization`, `cookie`, `set-cookie` and
 * `proxy-authorization` are marked never-indexed (RFC 7541 section 7.1.3). Strings are sent raw: Huffman code would save
 * a third of the octets of a head and cost more time than sending them between two proxies.
 *
 * Lines are made as Latin-1 text, one char an octet: joining strings and writing a block at once takes a third of the
 * time that writing each value does.
 */

import { writeLatin1 } from '../latin1.ts';
import { encodeInteger } from './integer.ts';
import { staticIndexOf, staticIndexOfName } from './static-table.ts';

const neverIndexed = 0x10;
const withoutIndexing = 0x00;

const sensitive: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

/** What is known of a name. */
interface NamePrefix {
  /** Pattern and name, without the value. */
  readonly text: string;
  /** Whether the static table has this name with a value that is not empty. */
  readonly hasStaticValues: boolean;
}

/** Names seen, over all connections: literal names come from peers, so their number is bounded. */
const prefixes = new Map<string, NamePrefix>();
const maxPrefixes = 512;
const maxPrefixLength = 64;

/** The name that stood at each place of a block last, and its prefix: heads of one kind mostly name the same fields. */
const places = 16;
const recentNames: string[] = Array.from({ length: places }, () => '');
const recentPrefixes: (NamePrefix | undefined)[] = Array.from({ length: places }, () => undefined);

const integer = Buffer.alloc(8);

/** An integer with the prefix `mask` below the bits of `pattern`, as text. */
const integerText = (pattern: number, mask: number, value: number): string =>
  integer.toString('latin1', 0, encodeInteger(integer, 0, pattern, mask, value));

const prefixOf = (name: string): NamePrefix => {
  const known = prefixes.get(name);
  if (known !== undefined) return known;
  const pattern = sensitive.has(name) ? neverIndexed : withoutIndexing;
  const index = staticIndexOfName.get(name) ?? 0;
  let text = integerText(pattern, 0x0f, index);
  if (index === 0) text += integerText(0, 0x7f, name.length) + name;
  const prefix = { text, hasStaticValues: namesWithStaticValues.has(name) };
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

/** The octets that say how long a value is, for the lengths that take one octet. */
const shortLengths: readonly string[] = Array.from({ length: 0x7f }, (_, length) => String.fromCharCode(length));

/**
 * One field as text. Names are lower-case, both are Latin-1.
 * @param place where in its block the field stands, about: fields that keep their place are made faster
 */
export const fieldText = (name: string, value: string, place: number): string => {
  const slot = place & (places - 1);
  let prefix = recentPrefixes[slot];
  if (prefix === undefined || recentNames[slot] !== name) {
    prefix = prefixOf(name);
    recentNames[slot] = name;
    recentPrefixes[slot] = prefix;
  }
  if (prefix.hasStaticValues) {
    const index = staticIndexOf(name, value);
    if (index !== 0) return String.fromCharCode(0x80 | index);
  }
  const { length } = value;
  return prefix.text + (shortLengths[length] ?? integerText(0, 0x7f, length)) + value;
};

/** The most octets that a field takes beyond its name and value. */
const maxFieldFraming = 1 + 5 + 5;

/** An upper bound for the octets that `encodeField` writes. */
export const maxEncodedLength = (name: string, value: string): number => name.length + value.length + maxFieldFraming;

/** Writes one field at `at`, where there must be room for `maxEncodedLength`, and returns the offset behind it. */
export const encodeField = (out: Buffer, at: number, name: string, value: string): number =>
  writeLatin1(fieldText(name, value, 0), out, at);

/**
 * The table size update to 0 that makes our blocks context-free by agreement: at the head of the first block of a
 * connection, and of the next one after the peer changed SETTINGS_HEADER_TABLE_SIZE (RFC 7541 section 6.3, RFC 9113
 * section 4.3.1).
 */
export const tableSizeZero = '\x20';
