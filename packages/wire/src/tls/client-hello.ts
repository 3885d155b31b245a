/**
 * Reads what a client says it wants (server name, ALPN) from the first octets of a connection, without terminating TLS.
 *
 * What is TLS here is what the terminator behind it would take for TLS: the hello may be fragmented over several records
 * (RFC 8446 §5.1), although the field's proxies expect one, since otherwise a client could choose to be misread.
 */
import { ByteReader } from './byte-reader.ts';

/** The most octets that are looked at, record headers included. A hello with a hybrid key share has about 1.6 kB. */
export const maxClientHelloBytes = 8192;

export type ClientHelloResult =
  /** What is there is the beginning of a hello, or may become one. */
  | { readonly kind: 'needMore' }
  /** No TLS handshake starts here. */
  | { readonly kind: 'notTls' }
  /** Starts as a TLS handshake and is no acceptable ClientHello; `reason` is for logs. */
  | { readonly kind: 'malformed'; readonly reason: string }
  | {
      readonly kind: 'clientHello';
      /** The server name, lower-case, if one was sent. */
      readonly sni: string | undefined;
      /** Protocol names, one char an octet, in the client's order. */
      readonly alpn: readonly string[];
    };

/**
 * Reads a ClientHello from the octets received so far, which must start where the connection starts. Octets after the
 * hello are ignored. The answer other than `needMore` never changes with more octets.
 */
export const readClientHello = (bytes: Buffer): ClientHelloResult => {
  const handshake = joinRecords(bytes);
  if (!Buffer.isBuffer(handshake)) return handshake;
  const reader = new ByteReader(handshake.subarray(handshakeHeaderBytes));
  const hello = readBody(reader);
  return typeof hello === 'string' ? malformed(hello) : hello;
};

const recordHeaderBytes = 5;
const handshakeHeaderBytes = 4;
const maxRecordBytes = 16_384;
const handshakeRecord = 22;
const clientHelloMessage = 1;
const serverNameExtension = 0;
const alpnExtension = 16;

const needMore: ClientHelloResult = { kind: 'needMore' };
const notTls: ClientHelloResult = { kind: 'notTls' };
const malformed = (reason: string): ClientHelloResult => ({ kind: 'malformed', reason });

/** The whole handshake message from as many records as it takes, or the verdict that ends the reading. */
const joinRecords = (bytes: Buffer): Buffer | ClientHelloResult => {
  const fragments: Buffer[] = [];
  let joined = 0;
  let wanted = Number.POSITIVE_INFINITY;
  for (let at = 0; joined < wanted; ) {
    const isFirst = at === 0;
    if (at + recordHeaderBytes > maxClientHelloBytes) return malformed('hello too large');
    if (bytes.length > at && bytes[at] !== handshakeRecord) return isFirst ? notTls : malformed('record type');
    // The minor version means nothing (RFC 8446 §5.1); the major one tells TLS from chance.
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return isFirst ? notTls : malformed('record version');
    if (bytes.length < at + recordHeaderBytes) return needMore;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > maxRecordBytes) return malformed('record length');
    const start = at + recordHeaderBytes;
    const fragment = bytes.subarray(start, start + length);
    at = start + length;
    if (at > maxClientHelloBytes) return malformed('hello too large');
    fragments.push(fragment);
    joined += fragment.length;

    if (joined > 0 && firstOctet(fragments) !== clientHelloMessage) return malformed('handshake type');
    if (joined >= handshakeHeaderBytes && wanted === Number.POSITIVE_INFINITY) {
      wanted = handshakeHeaderBytes + Buffer.concat(fragments, handshakeHeaderBytes).readUIntBE(1, 3);
    }
    if (joined - fragment.length + length > wanted) return malformed('octets after the hello in its record');
    if (bytes.length < at) return needMore;
  }
  return fragments.length === 1 && fragments[0] !== undefined ? fragments[0] : Buffer.concat(fragments, joined);
};

const firstOctet = (fragments: readonly Buffer[]): number => fragments.find((part) => part.length > 0)?.[0] ?? 0;

/** RFC 8446 §4.1.2. Returns what is wrong as text. */
const readBody = (reader: ByteReader): ClientHelloResult | string => {
  reader.take(2 + 32); // legacy version, random
  reader.vector(1, 0, 32); // session id
  const suites = reader.vector(2, 2, 65_534);
  reader.vector(1, 1, 255); // compression methods
  if (!reader.isValid || suites.left % 2 !== 0) return 'hello';
  const hello: { kind: 'clientHello'; sni: string | undefined; alpn: readonly string[] } = {
    kind: 'clientHello',
    sni: undefined,
    alpn: [],
  };
  if (reader.left === 0) return hello; // before TLS 1.3 extensions are optional

  const extensions = reader.vector(2, 0, 65_535);
  if (!reader.isValid || reader.left > 0) return 'extensions';
  const seen = new Set<number>();
  while (extensions.left > 0) {
    const type = extensions.uint(2);
    const content = extensions.vector(2, 0, 65_535);
    if (!extensions.isValid) return 'extension';
    if (seen.has(type)) return 'repeated extension';
    seen.add(type);
    if (type === serverNameExtension) {
      hello.sni = readServerName(content);
      if (hello.sni === undefined) return 'server name';
    } else if (type === alpnExtension) {
      const alpn = readAlpn(content);
      if (alpn === undefined) return 'ALPN';
      hello.alpn = alpn;
    }
  }
  return hello;
};

/** RFC 6066 §3: a list of names of which exactly one, of type host_name, is ever sent. */
const readServerName = (content: ByteReader): string | undefined => {
  const names = content.vector(2, 4, 65_535);
  const type = names.uint(1);
  const name = names.vector(2, 1, 255).rest();
  const isWhole = content.isValid && names.isValid && content.left === 0 && names.left === 0;
  const isPrintable = name.every((octet) => octet > 0x20 && octet < 0x7f);
  return isWhole && isPrintable && type === 0 ? name.toString('latin1').toLowerCase() : undefined;
};

/** RFC 7301 §3.1. */
const readAlpn = (content: ByteReader): string[] | undefined => {
  const list = content.vector(2, 2, 65_535);
  const names: string[] = [];
  while (list.isValid && list.left > 0) names.push(list.vector(1, 1, 255).rest().toString('latin1'));
  return content.isValid && list.isValid && content.left === 0 ? names : undefined;
};
