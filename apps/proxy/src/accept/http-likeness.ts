/**
 * Which bytes some HTTP server would take for a request, though our decoder does not. On a port where HTTP is possible
 * they are HTTP, so that they are answered 400: passed on as opaque bytes they would reach the application with every
 * header that a client chose to forge.
 *
 * Servers known to be wider than RFC 9112: Node's (HTTP/0.9 with headers, `RTSP/` and `ICE/` for `HTTP/`, blank lines
 * before), Python's (`GET word`, any blanks), Go's and Rust's (any token for a method), old nginx (blanks in a target).
 * Text protocols that look different in their first line stay opaque, and are told apart by it as early as they can be.
 */
import { type DetectedProtocol, detectHttp, maxDetectBytes, mayBePreface } from './protocol-detect.ts';

/** Undefined: more bytes are needed to tell. What counts as HTTP/1 may be a request that our decoder refuses. */
export const detectInbound = (bytes: Buffer): DetectedProtocol | undefined => {
  const narrow = detectHttp(bytes);
  if (narrow === 'http1' || narrow === 'http2' || mayBePreface(bytes)) return narrow;
  const isLike = looksLikeRequest(bytes.toString('latin1', 0, maxDetectBytes));
  if (isLike === undefined) return undefined;
  return isLike ? 'http1' : 'not-http';
};

/** No other protocol begins a line with one of these and a blank. */
const plainMethods: ReadonlySet<string> = new Set('DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '));
/** Methods of Node's parser: behind these it takes a path for a whole request line. */
const parserMethods: ReadonlySet<string> = new Set(
  `ACL ANNOUNCE BIND CHECKOUT CONNECT COPY DESCRIBE FLUSH GET_PARAMETER LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR
  MKCOL MOVE NOTIFY PAUSE PLAY PRI PROPFIND PROPPATCH PURGE QUERY REBIND RECORD REDIRECT REPORT SEARCH SET_PARAMETER SETUP
  SOURCE SUBSCRIBE TEARDOWN UNBIND UNLINK UNLOCK UNSUBSCRIBE`.split(/\s+/),
);

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Blanks that one server or another splits a line by, all but its end. */
const gap = '\\t\\v\\f\\r\\x1c-\\x20\\x85\\xa0';
const parts = new RegExp(`^[\\t-\\r ]*([^${gap}\\n]*)([${gap}]*)([^${gap}\\n]*)([${gap}]*)([^]*)$`);
/** What a request line never has, and binary protocols soon. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\0-\x08\x0e-\x1b\x7f]/;
const versions = ['HTTP/', 'RTSP/', 'ICE/'];

const looksLikeRequest = (text: string): boolean | undefined => {
  const [, method = '', gap1 = '', target = '', gap2 = '', rest = ''] = parts.exec(text) ?? [];
  /** For a line without its end: too long to be anything else, or not there yet. */
  const unended = text.length >= maxDetectBytes ? true : undefined;
  if (method !== '' && !token.test(method)) return false;
  if (gap1 === '') return rest === '' ? unended : false;
  const line = `${target}${gap2}${rest.split('\n', 1)[0]}`;
  const isEnded = rest.includes('\n');
  if (plainMethods.has(method)) return isEnded || /HTTP\//i.test(line) ? true : unended;
  // Behind a blank, Node's server takes nothing for an authority.
  if (target === '') return isEnded ? method === 'CONNECT' && gap1.includes(' ') : unended;
  if (target.startsWith('/')) {
    const at = line.search(control);
    if (/HTTP\//i.test(at < 0 ? line : line.slice(0, at))) return true;
    if (at >= 0) return false;
    return isEnded ? parserMethods.has(method) : unended;
  }
  if (control.test(target)) return false;
  const third = rest.split('\n', 1)[0]?.toUpperCase() ?? '';
  if (third === '' && !isEnded) return unended;
  // NATS begins with CONNECT and an object.
  if (third === '' && method === 'CONNECT') return !target.startsWith('{');
  if (third === '') return parserMethods.has(method) && /^(?:\*|[a-z]+:)/i.test(target);
  if (versions.some((version) => third.startsWith(version))) return true;
  return versions.some((version) => version.startsWith(third)) && !isEnded ? unended : false;
};
