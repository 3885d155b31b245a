/**
 * The transport header: what one proxy tells another about a connection, right after the TLS handshake and before the
 * application's octets (wire §6.3, §2.13).
 *
 *   "transport.l5d.io/v1" CR LF CR LF │ u32 big-endian length │ protobuf Header { port, name, session_protocol }
 *
 * Decoded by hand, since it is three fields and comes from a peer: strict, bounded, nothing recursive.
 */
import { decodeFields, encodeField, encodeVarint, type ProtoField } from './proto-fields.ts';

export interface TransportHeader {
  /** Port at the target, 1..65535. */
  readonly port: number;
  /** Host of the authority the connection is for (gateways only). */
  readonly name: string | undefined;
  /** What the octets after the header are, if the client knows. */
  readonly sessionProtocol: 'http1' | 'http2' | undefined;
}

/** ALPN name under which the header is spoken. */
export const transportHeaderAlpn = 'transport.l5d.io/v1';

/** The most octets a header may take, preface and length included. */
export const maxTransportHeaderBytes = 65_536;

export type TransportHeaderResult =
  | { readonly kind: 'needMore' }
  /** `bytesRead` octets were the header; the application's follow. */
  | { readonly kind: 'header'; readonly header: TransportHeader; readonly bytesRead: number }
  /** `reason` is for logs. The connection must be closed. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** Writes the header of a connection. Throws if the port or the name could not be decoded again. */
export const encodeTransportHeader = (header: TransportHeader): Buffer => {
  if (!isPort(header.port)) throw new RangeError(`the port of a transport header is 1..65535, not ${header.port}`);
  const name = Buffer.from(header.name ?? '', 'latin1');
  if (!isName(name)) throw new RangeError('the name of a transport header is a host name of at most 255 octets');
  const parts = [encodeVarint((portField << 3) | varintType), encodeVarint(header.port)];
  if (name.length > 0) parts.push(encodeField(nameField, name));
  if (header.sessionProtocol !== undefined) {
    const kind = header.sessionProtocol === 'http1' ? http1Field : http2Field;
    parts.push(encodeField(sessionProtocolField, encodeField(kind, Buffer.alloc(0))));
  }
  const message = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([preface, length, message]);
};

/**
 * Reads the header from the octets received so far, which must start right after the handshake. The answer other than
 * `needMore` never changes with more octets.
 */
export const decodeTransportHeader = (bytes: Buffer): TransportHeaderResult => {
  const known = Math.min(bytes.length, preface.length);
  if (bytes.compare(preface, 0, known, 0, known) !== 0) return malformed('preface');
  if (bytes.length < preface.length + 4) return needMore;
  const start = preface.length + 4;
  const end = start + bytes.readUInt32BE(preface.length);
  if (end > maxTransportHeaderBytes) return malformed('length');
  if (bytes.length < end) return needMore;
  const header = decodeHeader(bytes.subarray(start, end));
  return typeof header === 'string' ? malformed(header) : { kind: 'header', header, bytesRead: end };
};

const preface = Buffer.from(`${transportHeaderAlpn}\r\n\r\n`, 'latin1');
const varintType = 0;
const portField = 1;
const nameField = 2;
const sessionProtocolField = 3;
const http1Field = 1;
const http2Field = 2;
const maxNameBytes = 255;

const needMore: TransportHeaderResult = { kind: 'needMore' };
const malformed = (reason: string): TransportHeaderResult => ({ kind: 'malformed', reason });

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;
const isName = (name: Buffer): boolean =>
  name.length <= maxNameBytes && name.every((octet) => octet > 0x20 && octet < 0x7f);

/** Returns what is wrong as text. Unknown fields are skipped; a known field may come once only. */
const decodeHeader = (message: Buffer): TransportHeader | string => {
  const fields = decodeFields(message);
  if (fields === undefined) return 'message';
  let port = 0;
  let name: string | undefined;
  let sessionProtocol: TransportHeader['sessionProtocol'];
  const seen = new Set<number>();
  for (const field of fields) {
    if (field.number > sessionProtocolField) continue;
    if (seen.has(field.number)) return 'repeated field';
    seen.add(field.number);
    const bytes = field.bytes;
    if ((field.number === portField) !== (bytes === undefined)) return 'wire type';
    if (bytes === undefined) port = field.varint;
    else if (field.number === nameField) {
      if (!isName(bytes)) return 'name';
      name = bytes.length === 0 ? undefined : bytes.toString('latin1');
    } else {
      const kinds = decodeFields(bytes);
      if (kinds === undefined) return 'session protocol';
      const decoded = sessionProtocolFrom(kinds);
      if (decoded === 'invalid') return 'session protocol';
      sessionProtocol = decoded;
    }
  }
  return isPort(port) ? { port, name, sessionProtocol } : 'port';
};

/** The one known kind, none if the peer knows kinds that we do not; the content of a kind is ignored. */
const sessionProtocolFrom = (kinds: readonly ProtoField[]): 'http1' | 'http2' | 'invalid' | undefined => {
  const known = kinds.filter((field) => field.number === http1Field || field.number === http2Field);
  if (known.length > 1 || known.some((field) => field.bytes === undefined)) return 'invalid';
  if (known[0] === undefined) return undefined;
  return known[0].number === http1Field ? 'http1' : 'http2';
};
