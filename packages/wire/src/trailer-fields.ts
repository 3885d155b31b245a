/** Which fields may not come behind a body, in HTTP/1 and HTTP/2 alike: a trailer that a server merges into the head would change it. */

/** Fields that frame, route, authenticate or control a message: meaningless or dangerous after it (RFC 9110 section 6.5.1). */
export const forbiddenTrailers: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
