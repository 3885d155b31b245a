/** Changes an input a little, or splices it with another: the moves that reach a decoder's corners. */
import type { Random } from './random.ts';

const interesting = [0, 1, 9, 10, 13, 32, 34, 44, 48, 58, 59, 61, 63, 64, 126, 127, 128, 192, 254, 255];

type Move = (bytes: Buffer, random: Random, pool: Pool) => Buffer;

/** What moves may draw from beside the input. */
export interface Pool {
  readonly dictionary: readonly Buffer[];
  readonly other: Buffer;
}

/** One to six moves; at most `maxBytes` come back. */
export const mutate = (bytes: Buffer, random: Random, pool: Pool, maxBytes: number): Buffer => {
  let mutated = Buffer.from(bytes);
  const count = 1 + random.below(random.oneIn(4) ? 6 : 2);
  for (let i = 0; i < count; i++) mutated = Buffer.from((random.pick(moves) ?? flipBit)(mutated, random, pool));
  return mutated.subarray(0, maxBytes);
};

/** Replaces `length` octets at `at`. */
const replace = (bytes: Buffer, at: number, length: number, by: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)]);

const range = (bytes: Buffer, random: Random): { at: number; length: number } => {
  const at = random.below(bytes.length + 1);
  return { at, length: random.below(Math.min(bytes.length - at, random.oneIn(4) ? 512 : 12) + 1) };
};

const flipBit: Move = (bytes, random) => {
  const at = random.below(bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
};

const setOctet: Move = (bytes, random) => {
  const octet = random.oneIn(2) ? random.pick(interesting) : random.below(256);
  if (bytes.length > 0) bytes[random.below(bytes.length)] = octet ?? 0;
  return bytes;
};

const insertOctet: Move = (bytes, random) =>
  replace(bytes, random.below(bytes.length + 1), 0, Buffer.from([random.pick(interesting) ?? 0]));

const insertWord: Move = (bytes, random, pool) =>
  replace(bytes, random.below(bytes.length + 1), 0, random.pick(pool.dictionary) ?? Buffer.alloc(1));

const replaceByWord: Move = (bytes, random, pool) => {
  const { at, length } = range(bytes, random);
  return replace(bytes, at, length, random.pick(pool.dictionary) ?? Buffer.alloc(1));
};

const remove: Move = (bytes, random) => {
  const { at, length } = range(bytes, random);
  return replace(bytes, at, length, Buffer.alloc(0));
};

const repeat: Move = (bytes, random) => {
  const { at, length } = range(bytes, random);
  const times = 1 + random.below(random.oneIn(8) ? 200 : 4);
  return replace(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => bytes.subarray(at, at + length))));
};

const copyElsewhere: Move = (bytes, random) => {
  const { at, length } = range(bytes, random);
  return replace(bytes, random.below(bytes.length + 1), 0, Buffer.from(bytes.subarray(at, at + length)));
};

const splice: Move = (bytes, random, pool) => {
  const head = bytes.subarray(0, random.below(bytes.length + 1));
  return Buffer.concat([head, pool.other.subarray(random.below(pool.other.length + 1))]);
};

const append: Move = (bytes, _, pool) => Buffer.concat([bytes, pool.other]);

const truncate: Move = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1));

/** Steps a big-endian number of one to four octets, where lengths live in binary formats. */
const stepNumber: Move = (bytes, random) => {
  const width = 1 + random.below(4);
  if (bytes.length < width) return bytes;
  const at = random.below(bytes.length - width + 1);
  const step = 1 + random.below(random.oneIn(2) ? 4 : 256);
  const value = bytes.readUIntBE(at, width) + (random.oneIn(2) ? step : -step);
  const modulus = 256 ** width;
  bytes.writeUIntBE((value + 2 * modulus) % modulus, at, width);
  return bytes;
};

const moves: readonly Move[] = [
  flipBit,
  setOctet,
  setOctet,
  insertOctet,
  insertWord,
  insertWord,
  replaceByWord,
  remove,
  repeat,
  copyElsewhere,
  splice,
  append,
  truncate,
  stepNumber,
];
