/** ClientHellos for tests: real ones, made by the TLS stack of Node over a stream in memory, and ones made by hand. */
import { duplexPair } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';

/** The first flight of a real client, before any answer. */
export const recordClientHello = async (options: ConnectionOptions): Promise<Buffer> => {
  const [near, far] = duplexPair();
  const client = connect({ ...options, socket: near });
  client.on('error', () => {}); // the handshake is never answered
  const chunks: Buffer[] = [];
  for await (const chunk of far) {
    chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) break;
  }
  client.destroy();
  far.destroy();
  return Buffer.concat(chunks);
};

/** A vector of TLS: its length in `lengthOctets`, then the parts. */
export const vector = (lengthOctets: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(lengthOctets);
  length.writeUIntBE(content.length, 0, lengthOctets);
  return Buffer.concat([length, content]);
};

export const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

export const extension = (type: number, content: Buffer): Buffer => Buffer.concat([uint16(type), vector(2, content)]);

export const serverName = (name: string): Buffer =>
  extension(0, vector(2, Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))));

export const alpn = (...names: string[]): Buffer =>
  extension(16, vector(2, ...names.map((name) => vector(1, Buffer.from(name, 'latin1')))));

/** A handshake message holding a ClientHello with these extensions. */
export const handshake = (...extensions: readonly Buffer[]): Buffer => {
  const suites = vector(2, uint16(0x1301));
  const compression = vector(1, Buffer.from([0]));
  const body = [uint16(0x0303), Buffer.alloc(32, 7), vector(1), suites, compression, vector(2, ...extensions)];
  return Buffer.concat([Buffer.from([1]), vector(3, ...body)]);
};

/** The octets in records of at most `size` octets. */
export const records = (octets: Buffer, size = 16_384, type = 22): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < octets.length; at += size) {
    parts.push(Buffer.from([type, 3, 1]), vector(2, octets.subarray(at, at + size)));
  }
  return Buffer.concat(parts);
};
