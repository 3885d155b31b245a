/**
 * Writes HTTP/1 heads, chunk framing and trailers into a slab of the caller's.
 *
 * A head is put together as one string and written at once, then the octets that stand in the slab are checked: exactly
 * the line ends that were meant, and no other control character. So whatever the strings came from (HTTP/2 fields in
 * particular), no field can start another line, another field or another message.
 */
import type { HeaderList } from '../header-list.ts';
import { writeLatin1 } from '../latin1.ts';
import { FieldKind, fieldKind } from './field-names.ts';
import { isTargetOctet, isToken, isValueOctet } from './grammar.ts';
import { BodyLength } from './head.ts';

/** What an encoder returns instead of the position after what it wrote. Nothing before `at` was touched. */
export const EncodeFault = {
  /** The slab is too small; flush and try again with a larger rest. */
  needsSpace: -1,
  badMethod: -2,
  badTarget: -3,
  badStatus: -4,
  badFieldName: -5,
  /** A value, or a reason phrase, has a control character or a char beyond Latin-1. */
  badFieldValue: -6,
} as const;

/**
 * Writes a request head at `at`.
 *
 * Framing is the encoder's alone: Content-Length or Transfer-Encoding is written from `bodyLength` (octets, or a
 * constant of `BodyLength`), and any such field in `headers` is left out. Everything else in `headers` is written as it
 * stands, `connection` included.
 * @returns the position after the head, or an `EncodeFault`.
 */
export const encodeRequestHead = (
  out: Buffer,
  at: number,
  method: string,
  target: string,
  minorVersion: number,
  headers: HeaderList,
  bodyLength: number,
): number => {
  if (!isKnownMethod(method)) return EncodeFault.badMethod;
  const lineEnd = method.length + 1 + target.length;
  const end = writeHead(out, at, `${method} ${target} HTTP/1.${minorVersion}`, headers, bodyLength);
  if (end < 0) return end;
  for (let i = at + method.length + 1; i < at + lineEnd; i++) {
    if (isTargetOctet[out[i] ?? 0] !== 1) return EncodeFault.badTarget;
  }
  return target.length === 0 ? EncodeFault.badTarget : end;
};

/** Writes a response head (interim ones too) at `at`, with the rules of `encodeRequestHead`. */
export const encodeResponseHead = (
  out: Buffer,
  at: number,
  status: number,
  reason: string,
  minorVersion: number,
  headers: HeaderList,
  bodyLength: number,
): number => {
  if (!Number.isInteger(status) || status < 100 || status > 999) return EncodeFault.badStatus;
  return writeHead(out, at, `HTTP/1.${minorVersion} ${status} ${reason}`, headers, bodyLength);
};

/** Octets that `encodeChunkHead` may need. */
export const maxChunkHeadBytes = 16;

/** Writes the size line of a chunk of `size` octets (more than zero: a chunk of none would end the body). */
export const encodeChunkHead = (out: Buffer, at: number, size: number): number => {
  if (out.length - at < maxChunkHeadBytes) return EncodeFault.needsSpace;
  let shift = 1;
  while (shift * 16 <= size) shift *= 16;
  let to = at;
  for (; shift >= 1; shift /= 16) out[to++] = hexDigits[Math.floor(size / shift) % 16] ?? 0;
  out[to++] = CR;
  out[to++] = LF;
  return to;
};

/** Writes the CRLF after the octets of a chunk. */
export const encodeChunkEnd = (out: Buffer, at: number): number => {
  if (out.length - at < 2) return EncodeFault.needsSpace;
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
};

/** Writes the last chunk and the trailers, which ends a chunked body. */
export const encodeLastChunk = (out: Buffer, at: number, trailers?: HeaderList): number => {
  if (trailers === undefined || trailers.size === 0) {
    if (out.length - at < 5) return EncodeFault.needsSpace;
    return at + out.write('0\r\n\r\n', at, 'latin1');
  }
  return writeHead(out, at, '0', trailers, BodyLength.none);
};

const CR = 13;
const LF = 10;
const hexDigits = Buffer.from('0123456789abcdef');

/** Writes a start line and fields. Each line end is put before the next line, which makes fewer strings to join. */
const writeHead = (out: Buffer, at: number, startLine: string, headers: HeaderList, bodyLength: number): number => {
  let text = startLine;
  let lines = 2;
  for (let i = 0; i < headers.size; i++) {
    const name = headers.nameAt(i);
    const slot = i & (places - 1);
    let prefix: string | undefined = recentNames[slot] === name ? recentPrefixes[slot] : undefined;
    if (prefix === undefined) {
      prefix = fieldPrefix(name);
      recentNames[slot] = name;
      recentPrefixes[slot] = prefix;
    }
    if (prefix === undefined) return EncodeFault.badFieldName;
    if (prefix === framingPrefix) continue;
    text += prefix + headers.valueAt(i);
    lines++;
  }
  if (bodyLength >= 0) text += `\r\ncontent-length: ${bodyLength}`;
  else if (bodyLength === BodyLength.chunked) text += '\r\ntransfer-encoding: chunked';
  if (bodyLength >= 0 || bodyLength === BodyLength.chunked) lines++;
  text += '\r\n\r\n';

  if (text.length > out.length - at) return EncodeFault.needsSpace;
  if (beyondLatin1.test(text)) return EncodeFault.badFieldValue;
  const end = writeLatin1(text, out, at);
  return countControls(out, at, end) === 2 * lines ? end : EncodeFault.badFieldValue;
};

/** Free for the texts V8 holds as one octet a char, which is what decoders make. */
const beyondLatin1 = /[^\0-\xff]/;

/** How many octets are no field octets; 2 a line (CR and LF) if nothing was smuggled in. */
const countControls = (out: Buffer, from: number, to: number): number => {
  let controls = 0;
  for (let i = from; i < to; i++) controls += isControl[out[i] as number] as number;
  return controls;
};

const isControl = isValueOctet.map((isValue) => 1 - isValue);

/** Marks the fields that the encoder writes itself. */
const framingPrefix = '';

/** `CR LF name: ` if the name is a lower-case token, remembered for the names that occur; undefined if it is none. */
const fieldPrefix = (name: string): string | undefined => {
  const known = prefixes.get(name);
  if (known !== undefined) return known;
  if (!isToken(name) || name !== name.toLowerCase()) return undefined;
  const kind = fieldKind(name);
  const isFraming = kind === FieldKind.contentLength || kind === FieldKind.transferEncoding;
  const prefix = isFraming ? framingPrefix : `\r\n${name}: `;
  if (prefixes.size < maxPrefixes && name.length <= 64) prefixes.set(name, prefix);
  return prefix;
};

/** The name that stood at each place of a head last, and its prefix: heads of one kind mostly name the same fields. */
const places = 16;
const recentNames: string[] = Array.from({ length: places }, () => '');
const recentPrefixes: (string | undefined)[] = Array.from({ length: places }, () => undefined);

const maxPrefixes = 512;
const prefixes = new Map<string, string>();

const isKnownMethod = (method: string): boolean => methods.has(method) || isToken(method);
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT']);
