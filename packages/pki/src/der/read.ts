/**
 * A strict reader of DER (X.690 section 10): definite and minimal lengths, low tag numbers, bounded size and depth, not
 * one byte left over. It looks at bytes that a peer sent before anyone knows who the peer is, so it allocates one small
 * object per element, copies nothing and never recurses deeper than `maxDepth`.
 */
import { Malformed } from './malformed.ts';

export interface DerLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

/** One element: `content` and `bytes` are views into the input. */
export interface DerElement {
  /** Identifier octet: class, constructed bit and number. */
  readonly tag: number;
  readonly content: Buffer;
  /** Header and content. */
  readonly bytes: Buffer;
  /** Elements inside a constructed one; empty for a primitive one. */
  readonly children: readonly DerElement[];
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const constructedBit = 0x20;

/** Context-specific tag `[n]`, constructed unless `primitive`. */
export const contextTag = (number: number, form: 'constructed' | 'primitive' = 'constructed'): number =>
  (form === 'constructed' ? 0xa0 : 0x80) | number;

/** Reads exactly one element that fills `input`. Throws `Malformed`. */
export const readDer = (input: Buffer, limits: DerLimits): DerElement => {
  if (input.length > limits.maxBytes) throw new Malformed(`larger than ${limits.maxBytes} bytes`);
  const element = readElement(input, 0, limits.maxDepth);
  if (element.bytes.length !== input.length) {
    throw new Malformed(`${input.length - element.bytes.length} bytes after the end of the structure`);
  }
  return element;
};

const readElement = (input: Buffer, start: number, depthLeft: number): DerElement => {
  if (depthLeft === 0) throw new Malformed('nested too deeply');
  const tag = byteAt(input, start);
  if ((tag & 0x1f) === 0x1f) throw new Malformed(`tag number over 30 at byte ${start}`);
  const { length, contentStart } = readLength(input, start + 1);
  const end = contentStart + length;
  if (end > input.length) throw new Malformed(`truncated: ${end - input.length} bytes missing`);
  const children: DerElement[] = [];
  if ((tag & constructedBit) !== 0) {
    // The subarray keeps a child from reading past the end of its parent.
    const content = input.subarray(contentStart, end);
    for (let offset = 0; offset < content.length; ) {
      const child = readElement(content, offset, depthLeft - 1);
      children.push(child);
      offset += child.bytes.length;
    }
  }
  return { tag, content: input.subarray(contentStart, end), bytes: input.subarray(start, end), children };
};

const readLength = (input: Buffer, start: number): { length: number; contentStart: number } => {
  const first = byteAt(input, start);
  if (first < 0x80) return { length: first, contentStart: start + 1 };
  const size = first & 0x7f;
  if (size === 0) throw new Malformed(`indefinite length at byte ${start}`);
  if (size > 3) throw new Malformed(`length of ${size} bytes at byte ${start}`);
  let length = 0;
  for (let i = 1; i <= size; i += 1) length = length * 256 + byteAt(input, start + i);
  if (length < 0x80 || length < 256 ** (size - 1)) throw new Malformed(`length not minimal at byte ${start}`);
  return { length, contentStart: start + 1 + size };
};

const byteAt = (input: Buffer, index: number): number => {
  const byte = input[index];
  if (byte === undefined) throw new Malformed('truncated');
  return byte;
};
