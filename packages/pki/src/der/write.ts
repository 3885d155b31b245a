/** DER out of values (X.690). Every function returns the bytes of one whole element. */
import { contextTag, tags } from './read.ts';

export const element = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  return Buffer.concat([header(tag, content.length), content]);
};

const header = (tag: number, length: number): Buffer => {
  if (length < 0x80) return Buffer.from([tag, length]);
  if (length < 0x100) return Buffer.from([tag, 0x81, length]);
  if (length < 0x10000) return Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
  return Buffer.from([tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]);
};

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(tags.sequence, ...items);
export const set = (item: Uint8Array): Buffer => element(tags.set, item);
export const explicit = (number: number, ...items: readonly Uint8Array[]): Buffer =>
  element(contextTag(number), ...items);
export const implicit = (number: number, content: Uint8Array): Buffer =>
  element(contextTag(number, 'primitive'), content);
export const octetString = (content: Uint8Array): Buffer => element(tags.octetString, content);
export const utf8String = (text: string): Buffer => element(tags.utf8String, Buffer.from(text, 'utf8'));
export const isTrue: Buffer = element(tags.boolean, Buffer.from([0xff]));

/** A non-negative INTEGER from its magnitude, big-endian. */
export const integer = (magnitude: Uint8Array): Buffer => {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Buffer.from([0]) : Buffer.from(magnitude).subarray(start);
  return (digits[0] ?? 0) >= 0x80 ? element(tags.integer, Buffer.from([0]), digits) : element(tags.integer, digits);
};

export const smallInteger = (value: number): Buffer => {
  const digits = Buffer.alloc(4);
  digits.writeUInt32BE(value);
  return integer(digits);
};

export const bitString = (content: Uint8Array): Buffer => element(tags.bitString, Buffer.from([0]), content);

/** Named bits below 8, most significant first. */
export const namedBits = (bits: readonly number[]): Buffer => {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return element(tags.bitString, Buffer.from([7 - Math.max(...bits), byte]));
};

export const oid = (dotted: string): Buffer => {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(tags.oid, ...[root * 40 + second, ...rest].map(base128));
};

const base128 = (arc: number): Buffer => {
  const bytes = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift(0x80 | (left % 128));
  return Buffer.from(bytes);
};

/** A time of whole seconds, rounded down: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5). */
export const time = (unixMs: number): Buffer => {
  const digits = `${new Date(unixMs)
    .toISOString()
    .slice(0, 19)
    .replace(/[^0-9]/g, '')}Z`;
  return digits < '2050' && digits >= '1950'
    ? element(tags.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : element(tags.generalizedTime, Buffer.from(digits, 'latin1'));
};
