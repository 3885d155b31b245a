/** Scans request lines and status lines (RFC 9112 §3, §4): single blanks, no surplus, HTTP/1.0 or HTTP/1.1. */
import type { ScanFault } from './field-scanner.ts';
import { isTargetOctet, isValueOctet, tokenLower } from './grammar.ts';

/** Longest method. The longest registered one, UPDATEREDIRECTREF, has 17 letters. */
const maxMethodBytes = 32;

const CR = 13;
const LF = 10;
const SP = 32;
const ZERO = 48;
const versionPrefix = Buffer.from('HTTP/');

/** Where the parts of the start line last scanned stand. Shared by all decoders, since a scan is synchronous. */
export const startLine = {
  methodEnd: 0,
  targetStart: 0,
  targetEnd: 0,
  minorVersion: 1,
  status: 0,
  reasonStart: 0,
  /** End of the line's text, before CRLF. */
  lineEnd: 0,
};

/** Scans a request line; returns the position after its CRLF, or why there is none. */
export const scanRequestLine = (buffer: Buffer, start: number): number | ScanFault => {
  const end = buffer.length;
  let at = start;
  while ((tokenLower[buffer[at] ?? 0] ?? 0) !== 0) at++;
  startLine.methodEnd = at;
  if (at >= end) return 'incomplete';
  if (at === start) return 'bad-request-line';
  if (buffer[at] !== SP) return 'bad-method';
  if (at - start > maxMethodBytes) return 'method-too-long';

  startLine.targetStart = ++at;
  while (isTargetOctet[buffer[at] ?? 0] === 1) at++;
  startLine.targetEnd = at;
  if (at >= end) return 'incomplete';
  if (at === startLine.targetStart) return 'bad-request-line';
  if (buffer[at] === CR) return 'bad-request-line';
  if (buffer[at] !== SP) return 'bad-target';

  const versionEnd = scanVersion(buffer, at + 1);
  if (typeof versionEnd === 'string') return versionEnd;
  if (versionEnd + 1 >= end) return 'incomplete';
  if (buffer[versionEnd] !== CR || buffer[versionEnd + 1] !== LF) return 'bad-request-line';
  startLine.lineEnd = versionEnd;
  return versionEnd + 2;
};

/** Scans a status line; returns the position after its CRLF, or why there is none. The reason may be empty. */
export const scanStatusLine = (buffer: Buffer, start: number): number | ScanFault => {
  const end = buffer.length;
  let at = scanVersion(buffer, start);
  if (typeof at === 'string') return at;
  if (at + 5 >= end) return 'incomplete';
  if (buffer[at++] !== SP) return 'bad-status-line';
  let status = 0;
  for (const digitsEnd = at + 3; at < digitsEnd; at++) {
    const digit = (buffer[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return 'bad-status-line';
    status = status * 10 + digit;
  }
  if (status < 100) return 'bad-status-line';
  startLine.status = status;
  // The blank before an empty reason is required by the grammar, yet servers that leave it out are common.
  if (buffer[at] === SP) at++;
  else if (buffer[at] !== CR) return 'bad-status-line';
  startLine.reasonStart = at;
  while (isValueOctet[buffer[at] ?? 0] === 1) at++;
  if (at + 1 >= end) return 'incomplete';
  if (buffer[at] !== CR || buffer[at + 1] !== LF) return 'bad-status-line';
  startLine.lineEnd = at;
  return at + 2;
};

/** Scans `HTTP/1.0` or `HTTP/1.1`. */
const scanVersion = (buffer: Buffer, start: number): number | ScanFault => {
  if (start + 8 > buffer.length) return 'incomplete';
  for (let i = 0; i < 5; i++) if (buffer[start + i] !== versionPrefix[i]) return 'bad-version';
  if (buffer[start + 5] !== ZERO + 1 || buffer[start + 6] !== 46) return 'bad-version';
  const minor = (buffer[start + 7] ?? 0) - ZERO;
  if (minor !== 0 && minor !== 1) return 'bad-version';
  startLine.minorVersion = minor;
  return start + 8;
};
