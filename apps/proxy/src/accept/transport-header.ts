/** Reads the transport header that begins a direct connection (wire §6.3), leaving the application's bytes unread. */
import type { Socket } from 'node:net';
import type { Clock } from '@heddle/runtime';
import { peek } from '@heddle/transport';
import {
  decodeTransportHeader,
  maxTransportHeaderBytes,
  type TransportHeader,
  type TransportHeaderResult,
} from '@heddle/wire/transport-header';

/** The header, or why there is none. */
export const readTransportHeader = async (
  socket: Socket,
  clock: Clock,
  timeoutMs: number,
): Promise<TransportHeader | { readonly refused: string }> => {
  const result = await peek<Exclude<TransportHeaderResult, { kind: 'needMore' }>>(
    socket,
    { clock, timeoutMs, maxBytes: maxTransportHeaderBytes },
    (bytes) => {
      const decoded = decodeTransportHeader(bytes);
      return decoded.kind === 'needMore' ? undefined : decoded;
    },
  );
  if (result.kind !== 'decided') return { refused: `transport header: ${result.kind}` };
  if (result.value.kind === 'malformed') return { refused: `transport header: ${result.value.reason}` };
  // Peeked at, so it is there to be read in one piece.
  socket.read(result.value.bytesRead);
  return result.value.header;
};
