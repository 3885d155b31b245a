/**
 * The field names that occur all the time, found by their octets without making a string first, and the few that the
 * decoder itself must understand.
 */

/** Kinds of field the codec acts upon. Everything else is 0. */
export const FieldKind = {
  ordinary: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
} as const;

/** A frequent name: the one string all heads share, its octets, and its kind. */
export interface FrequentName {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly kind: number;
}

/** Kind of a lower-case field name. */
export const fieldKind = (name: string): number => kinds.get(name) ?? FieldKind.ordinary;

/** Hash of a name, fed one lower-case octet at a time. */
export const mixName = (hash: number, octet: number): number => (Math.imul(hash, 31) + octet) | 0;

/** The frequent name whose octets, in any case, stand at `start..end` and have this hash; undefined if there is none. */
export const frequentName = (
  buffer: Uint8Array,
  start: number,
  end: number,
  hash: number,
): FrequentName | undefined => {
  const frequent = slots[hash & mask];
  if (frequent === undefined || frequent.octets.length !== end - start) return undefined;
  const { octets } = frequent;
  for (let i = 0, at = start; at < end; i++, at++) {
    // Frequent names are letters, digits and hyphens: among token octets only letters of the other case differ by 0x20.
    if (((buffer[at] as number) | 0x20) !== octets[i]) return undefined;
  }
  return frequent;
};

const kinds: ReadonlyMap<string, number> = new Map([
  ['host', FieldKind.host],
  ['content-length', FieldKind.contentLength],
  ['transfer-encoding', FieldKind.transferEncoding],
  ['connection', FieldKind.connection],
  ['upgrade', FieldKind.upgrade],
  ['expect', FieldKind.expect],
]);

const mask = 4095;
const slots: (FrequentName | undefined)[] = Array.from({ length: mask + 1 });
const names = `${[...kinds.keys()].join(' ')} accept accept-encoding accept-language
  accept-ranges access-control-allow-origin age authorization cache-control content-encoding content-language
  content-type cookie date dnt etag forwarded grpc-encoding grpc-status grpc-timeout if-modified-since if-none-match
  keep-alive last-modified location origin pragma proxy-connection range referer sec-fetch-dest sec-fetch-mode
  sec-fetch-site server set-cookie strict-transport-security te traceparent tracestate trailer user-agent vary via
  x-b3-sampled x-b3-spanid x-b3-traceid x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip x-request-id
  l5d-client-id l5d-dst-canonical l5d-dst-override l5d-orig-proto l5d-proxy-connection l5d-proxy-error`;
for (const name of names.split(/\s+/)) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = mixName(hash, name.charCodeAt(i));
  slots[hash & mask] ??= { name, octets: Buffer.from(name, 'latin1'), kind: fieldKind(name) };
}

// The kinds come first in the list and so keep their slots, unless two of them clash: then the mask must change.
for (const name of kinds.keys()) {
  if (!slots.some((slot) => slot?.name === name)) throw new Error(`the slot of ${name} is taken; choose another mask`);
}
