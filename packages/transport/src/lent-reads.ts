/**
 * Reads of a TLS socket into one buffer for all of them, past the stream. Node offers this as `onread`, for sockets that
 * it makes itself; those that wrap a connection get it here, in the same way, once detection has looked at their first
 * bytes. Where a member is not as expected nothing changes, and the stream serves as well.
 */
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { hasEnded } from './stream-internals.ts';

/** What one read may bring: four TLS records. */
export const lentBuffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** The private members of `net.Socket` that hold its `onread`, by description. */
const membersOf = (socket: TLSSocket): { buffer: symbol; callback: symbol; generator: symbol } | undefined => {
  const named = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  const buffer = named.get('kBuffer');
  const callback = named.get('kBufferCb');
  const generator = named.get('kBufferGen');
  return buffer === undefined || callback === undefined || generator === undefined
    ? undefined
    : { buffer, callback, generator };
};

interface Handle {
  useUserBuffer(buffer: Uint8Array): void;
}

const handleOf = (socket: TLSSocket): Handle | undefined => {
  const handle: unknown = Reflect.get(socket, '_handle');
  const isAsExpected =
    typeof handle === 'object' && handle !== null && typeof Reflect.get(handle, 'useUserBuffer') === 'function';
  return isAsExpected ? (handle as Handle) : undefined;
};

/**
 * From now on `onBytes` gets what is read, instead of the stream's reader; the bytes are lent until it returns. What was
 * read and put back comes first.
 * @returns false when the socket cannot be read so; it is then unchanged
 */
export const lendReads = (socket: Duplex, onBytes: (bytes: Buffer) => void): boolean => {
  if (!(socket instanceof TLSSocket) || socket.destroyed || hasEnded(socket)) return false;
  const members = membersOf(socket);
  const handle = handleOf(socket);
  // A socket that has an `onread` of its own keeps it.
  if (members === undefined || handle === undefined || Reflect.get(socket, members.buffer) !== null) return false;
  const buffered: Buffer | null = socket.readableLength > 0 ? socket.read(socket.readableLength) : null;
  Reflect.set(socket, members.buffer, lentBuffer);
  Reflect.set(socket, members.callback, (length: number, buffer: Buffer): boolean => {
    onBytes(buffer.subarray(0, length));
    return true;
  });
  handle.useUserBuffer(lentBuffer);
  if (buffered !== null) process.nextTick(() => socket.destroyed || onBytes(buffered));
  return true;
};
