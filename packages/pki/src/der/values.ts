/** Primitive values out of DER elements, each refused unless it is in its one canonical form. All throw `Malformed`. */
import { Malformed } from './malformed.ts';
import { type DerElement, tags } from './read.ts';

/** The children of a constructed element with this tag; `what` names it in the error. */
export const childrenOf = (element: DerElement | undefined, tag: number, what: string): readonly DerElement[] =>
  expectTag(element, tag, what).children;

export const expectTag = (element: DerElement | undefined, tag: number, what: string): DerElement => {
  if (element === undefined) throw new Malformed(`${what} is missing`);
  if (element.tag !== tag)
    throw new Malformed(`${what} has tag 0x${element.tag.toString(16)}, expected 0x${tag.toString(16)}`);
  return element;
};

/** Dotted form of an OBJECT IDENTIFIER of at most 64 bytes, arcs below 2^53. */
export const oidOf = (element: DerElement | undefined, what: string): string => {
  const { content } = expectTag(element, tags.oid, what);
  if (content.length === 0 || content.length > 64) throw new Malformed(`${what} has ${content.length} bytes`);
  const arcs: number[] = [];
  let arc = 0;
  let isStart = true;
  for (const byte of content) {
    if (isStart && byte === 0x80) throw new Malformed(`${what} is not minimal`);
    if (arc > Number.MAX_SAFE_INTEGER / 256) throw new Malformed(`${what} has an arc that is too large`);
    arc = arc * 128 + (byte & 0x7f);
    isStart = byte < 0x80;
    if (isStart) {
      if (arcs.length === 0) {
        const root = Math.min(2, Math.floor(arc / 40));
        arcs.push(root, arc - root * 40);
      } else arcs.push(arc);
      arc = 0;
    }
  }
  if (!isStart) throw new Malformed(`${what} is truncated`);
  return arcs.join('.');
};

/** Content of a minimally encoded INTEGER. */
export const integerBytesOf = (element: DerElement | undefined, what: string): Buffer => {
  const { content } = expectTag(element, tags.integer, what);
  const [first, second] = content;
  if (first === undefined) throw new Malformed(`${what} is empty`);
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new Malformed(`${what} is not minimal`);
  }
  return content;
};

/** A non-negative INTEGER below 2^31. */
export const smallIntegerOf = (element: DerElement | undefined, what: string): number => {
  const content = integerBytesOf(element, what);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) throw new Malformed(`${what} is out of range`);
  return content.readUIntBE(0, content.length);
};

export const booleanOf = (element: DerElement, what: string): boolean => {
  const { content } = expectTag(element, tags.boolean, what);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new Malformed(`${what} is not a boolean`);
  return content[0] === 0xff;
};

/** Content of a BIT STRING of whole bytes: keys and signatures. */
export const bitStringBytesOf = (element: DerElement | undefined, what: string): Buffer => {
  const { content } = expectTag(element, tags.bitString, what);
  if (content[0] !== 0) throw new Malformed(`${what} is not a whole number of bytes`);
  return content.subarray(1);
};

/** Positions of the bits that are set in a BIT STRING of named bits (X.690 section 11.2.2: no trailing zero bits). */
export const namedBitsOf = (element: DerElement | undefined, what: string): readonly number[] => {
  const { content } = expectTag(element, tags.bitString, what);
  const unused = content[0];
  if (unused === undefined || unused > 7 || (content.length === 1 && unused !== 0) || content.length > 5) {
    throw new Malformed(`${what} is not a set of bits`);
  }
  const last = content.length > 1 ? (content[content.length - 1] ?? 0) : undefined;
  if (last !== undefined && ((last >> unused) & 1) === 0) throw new Malformed(`${what} has trailing zero bits`);
  if (last !== undefined && (last & ((1 << unused) - 1)) !== 0)
    throw new Malformed(`${what} has padding that is not zero`);
  const bits: number[] = [];
  for (let bit = 0; bit < (content.length - 1) * 8; bit += 1) {
    if (((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits.push(bit);
  }
  return bits;
};

/** Unix milliseconds of a UTCTime or GeneralizedTime in the form RFC 5280 section 4.1.2.5 allows. */
export const timeOf = (element: DerElement | undefined, what: string): number => {
  if (element?.tag !== tags.utcTime && element?.tag !== tags.generalizedTime)
    throw new Malformed(`${what} is not a time`);
  const text = element.content.toString('latin1');
  const match = (
    element.tag === tags.utcTime
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
      : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
  ).exec(text);
  if (match === null) throw new Malformed(`${what} is not a time in UTC with seconds`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const fullYear = element.tag === tags.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const ms = new Date(0).setUTCFullYear(fullYear, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000;
  const back = new Date(ms);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new Malformed(`${what} ${text} does not exist`);
  }
  return ms;
};
