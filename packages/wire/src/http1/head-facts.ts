/** What the fields of a head say about framing and connection: computed once, strictly, while the head is decoded. */
import type { Http1ErrorCode } from './error.ts';
import { FieldKind } from './field-names.ts';
import { specialFields } from './field-scanner.ts';
import { isToken } from './grammar.ts';
import type { MessageHead, RequestHead } from './head.ts';
import { isAuthority } from './target.ts';

/** Facts that only the framing decision needs, of the head last read. */
export const framing = { isChunked: false, hostCount: 0, host: '', expectsContinue: false };

/**
 * Reads every field the codec must understand, of the head whose fields were scanned and appended last. Fills
 * `contentLength`, `isKeepAlive`, `nominated` and `upgrade` of the head, and the shared `framing`.
 */
export const readFacts = (head: MessageHead): Http1ErrorCode | undefined => {
  const { headers } = head;
  framing.isChunked = false;
  framing.hostCount = 0;
  framing.host = '';
  framing.expectsContinue = false;
  head.contentLength = -1;
  if (head.nominated.length > 0) head.nominated.length = 0;
  head.upgrade = '';
  options.close = false;
  options.keepAlive = false;
  options.upgrade = false;
  let upgrade = '';

  for (let i = 0; i < specialFields.count; i++) {
    const kind = specialFields.kinds[i];
    const value = headers.valueAt(specialFields.indexes[i] ?? 0);
    let fault: Http1ErrorCode | undefined;
    if (kind === FieldKind.host) {
      framing.hostCount++;
      framing.host = value;
    } else if (kind === FieldKind.contentLength) {
      fault = readContentLength(head, value);
    } else if (kind === FieldKind.transferEncoding) {
      fault = readTransferEncoding(head, value);
    } else if (kind === FieldKind.connection) {
      fault = readConnection(head, value);
    } else if (kind === FieldKind.upgrade) {
      upgrade = upgrade === '' ? value : `${upgrade}, ${value}`;
    } else if (value.toLowerCase() === '100-continue') {
      framing.expectsContinue = head.minorVersion === 1; // RFC 9110 §10.1.1: ignored on HTTP/1.0
    }
    if (fault !== undefined) return fault;
  }
  if (framing.isChunked && head.contentLength >= 0) return 'length-and-coding';
  head.isKeepAlive = !options.close && (head.minorVersion === 1 || options.keepAlive);
  if (options.upgrade && head.minorVersion === 1) head.upgrade = upgrade; // RFC 9110 §7.8
  return undefined;
};

/** Checks Host against RFC 9112 §3.2: exactly one on HTTP/1.1, at most one on HTTP/1.0; its value may be empty. */
export const checkHost = (head: RequestHead): Http1ErrorCode | undefined => {
  if (framing.hostCount > 1) return 'repeated-host';
  if (framing.hostCount === 0) return head.minorVersion === 1 ? 'missing-host' : undefined;
  return framing.host === '' || isAuthority(framing.host, false) ? undefined : 'bad-host';
};

/**
 * Digits without leading zeros, up to 2^53 - 1, in one field. Stricter than the grammar, which allows leading zeros:
 * a number that some recipient might read as octal does not pass.
 */
const readContentLength = (head: MessageHead, value: string): Http1ErrorCode | undefined => {
  if (head.contentLength >= 0) return 'repeated-content-length';
  const isPlain = value.length > 0 && value.length <= 16 && (value.length === 1 || value.charCodeAt(0) !== zero);
  if (!isPlain) return 'bad-content-length';
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return 'bad-content-length';
    length = length * 10 + digit;
  }
  if (length > Number.MAX_SAFE_INTEGER) return 'bad-content-length';
  head.contentLength = length;
  return undefined;
};

const zero = 0x30;

const readTransferEncoding = (head: MessageHead, value: string): Http1ErrorCode | undefined => {
  if (head.minorVersion === 0) return 'coding-on-http-1.0';
  if (framing.isChunked) return 'repeated-coding';
  if (value.toLowerCase() !== 'chunked') return 'unknown-coding';
  framing.isChunked = true;
  return undefined;
};

/** Options of the Connection fields of the head last read. */
const options = { close: false, keepAlive: false, upgrade: false };

const readConnection = (head: MessageHead, value: string): Http1ErrorCode | undefined => {
  if (value === 'keep-alive') {
    options.keepAlive = true;
    return undefined;
  }
  for (const member of value.split(',')) {
    const option = member.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase();
    if (option === '') continue; // RFC 9110 §5.6.1: empty list members are ignored
    if (!isToken(option)) return 'bad-connection';
    if (option === 'close') options.close = true;
    else if (option === 'keep-alive') options.keepAlive = true;
    else if (option === 'upgrade') options.upgrade = true;
    else if (!neverNominated.has(option)) head.nominated.push(option);
  }
  return undefined;
};

/** Fields that delimit or address the message: a peer that lists them in Connection does not get them removed. */
const neverNominated: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);
