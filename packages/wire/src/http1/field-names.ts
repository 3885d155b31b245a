/**
 * The field names that occur all the time, found by their octets without making a string first, and the few that the
 * decoder itself must understand.
 */
import { tokenLower } from './grammar.ts';

/** Kinds of field the decoder acts upon. Everything else is 0. */
export const FieldKind = {
  ordinary: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
} as const;

/** Kind of a lower-case field name. */
export const fieldKind = (name: string): number => kinds.get(name) ?? FieldKind.ordinary;

const kinds: ReadonlyMap<string, number> = new Map([
  ['host', FieldKind.host],
  ['content-length', FieldKind.contentLength],
  ['transfer-encoding', FieldKind.transferEncoding],
  ['connection', FieldKind.connection],
  ['upgrade', FieldKind.upgrade],
  ['expect', FieldKind.expect],
]);

/** Hash of a name, fed one lower-case octet at a time. */
export const mixName = (hash: number, octet: number): number => (Math.imul(hash, 31) + octet) | 0;

/** A frequent name whose octets, in any case, stand at `start..end` and have this hash; undefined if there is none. */
export const frequentName = (buffer: Uint8Array, start: number, end: number, hash: number): string | undefined => {
  const name = frequent[hash & mask];
  if (name === undefined || name.length !== end - start) return undefined;
  for (let i = 0; i < name.length; i++) {
    if (tokenLower[buffer[start + i] ?? 0] !== name.charCodeAt(i)) return undefined;
  }
  return name;
};

const mask = 1023;
const frequent: (string | undefined)[] = Array.from({ length: mask + 1 });
const names = `host connection content-length transfer-encoding upgrade expect accept accept-encoding accept-language
  accept-ranges access-control-allow-origin age authorization cache-control content-encoding content-language
  content-type cookie date dnt etag forwarded grpc-encoding grpc-status grpc-timeout if-modified-since if-none-match
  keep-alive last-modified location origin pragma proxy-connection range referer sec-fetch-dest sec-fetch-mode
  sec-fetch-site server set-cookie strict-transport-security te traceparent tracestate trailer user-agent vary via
  x-b3-sampled x-b3-spanid x-b3-traceid x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip x-request-id
  l5d-client-id l5d-dst-canonical l5d-dst-override l5d-orig-proto l5d-proxy-connection l5d-proxy-error`;
for (const name of names.split(/\s+/)) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = mixName(hash, name.charCodeAt(i));
  frequent[hash & mask] = name; // a slot taken twice only makes the earlier name slower
}
