/**
 * Which HTTP the first bytes of a connection begin, if any (wire §6.1). Strict about what counts as HTTP/1: a request
 * line that our decoder would refuse is not taken for something else, it is not HTTP.
 */

export type DetectedProtocol = 'http1' | 'http2' | 'not-http';

/** Bytes looked at; a request line longer than this that is well formed so far counts as HTTP/1. */
export const maxDetectBytes = 1024;

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** Enough of the preface to be sure: no HTTP/1 request begins so. */
const prefaceBytes = 14;
const maxMethodBytes = 32;
const space = 0x20;
const version = Buffer.from('HTTP/1.', 'latin1');

const isTokenByte = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x5f;

const isTargetByte = (byte: number): boolean => byte > space && byte < 0x7f;

/** Undefined: more bytes are needed to tell. */
export const detectHttp = (bytes: Buffer): DetectedProtocol | undefined => {
  if (mayBePreface(bytes)) return bytes.length >= prefaceBytes ? 'http2' : undefined;
  return detectHttp1(bytes);
};

/** Whether these are the first bytes of HTTP/2's client preface, as far as they go. */
export const mayBePreface = (bytes: Buffer): boolean => {
  const compared = Math.min(bytes.length, prefaceBytes);
  return bytes.compare(preface, 0, compared, 0, compared) === 0;
};

const detectHttp1 = (bytes: Buffer): DetectedProtocol | undefined => {
  // One empty line before a request line is ignored by servers (RFC 9112 section 2.2).
  let at = bytes[0] === 0x0d && (bytes.length === 1 || bytes[1] === 0x0a) ? Math.min(2, bytes.length) : 0;
  const methodStart = at;
  while (at < bytes.length && isTokenByte(bytes[at] ?? 0)) at += 1;
  if (at - methodStart > maxMethodBytes) return 'not-http';
  if (at >= bytes.length) return undefined;
  if (at === methodStart || bytes[at] !== space) return 'not-http';
  at += 1;
  const targetStart = at;
  while (at < bytes.length && isTargetByte(bytes[at] ?? 0)) at += 1;
  if (at >= bytes.length) return bytes.length >= maxDetectBytes ? 'http1' : undefined;
  if (at === targetStart || bytes[at] !== space) return 'not-http';
  at += 1;
  const compared = Math.min(version.length, bytes.length - at);
  if (bytes.compare(version, 0, compared, at, at + compared) !== 0) return 'not-http';
  return compared === version.length || bytes.length >= maxDetectBytes ? 'http1' : undefined;
};
