/**
 * Opaque TCP: bytes from one socket to the other, each direction ending on its own (half-close). A socket that does not
 * take more pauses the one that sends. The relay ends when both directions have, or at once when a socket breaks or
 * somebody revokes it.
 *
 * A relay that drains waits until no bytes move any more, and then tells the server that the client has nothing more to
 * say: a server answers what it has and closes, and its last words still reach the client.
 */
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@heddle/runtime';

export type RelayEnd =
  /** Both directions ended by themselves. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly side: 'client' | 'server'; readonly errno: string }
  | { readonly kind: 'ended'; readonly reason: string };

export interface Relay {
  /** Resolves once, when both sockets are closed or being destroyed. */
  readonly end: Promise<RelayEnd>;
  /** Ends both sides at once. */
  stop(reason: string): void;
  /**
   * Ends the server's side after `quietMs` without a byte in either direction, and everything (reason `drained`) after
   * another such time. Once.
   */
  drain(clock: Clock, quietMs: number): void;
}

const errnoOf = (error: Error | undefined): string =>
  error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

const drained: RelayEnd = { kind: 'ended', reason: 'drained' };
const refused: RelayEnd = { kind: 'ended', reason: 'refused' };

/** @param mayPass asked about the client's bytes before they are passed on; false ends both sides (reason `refused`) */
export const startRelay = (client: Duplex, server: Duplex, mayPass?: (bytes: Buffer) => boolean): Relay => {
  const { promise, resolve } = Promise.withResolvers<RelayEnd>();
  let openDirections = 2;
  let isOver = false;
  /** Bytes have passed since the draining timer looked. */
  let hasMoved = false;
  /** The client has sent bytes that nobody will get. */
  let isLossy = false;
  let draining: Timer | undefined;

  const finish = (end: RelayEnd): void => {
    if (isOver) return;
    isOver = true;
    draining?.cancel();
    if (end.kind !== 'done') {
      client.destroy();
      server.destroy();
    }
    resolve(end);
  };

  const join = (from: Duplex, to: Duplex, side: 'client' | 'server'): void => {
    let error: Error | undefined;
    from.on('data', (bytes: Buffer) => {
      hasMoved = true;
      if (side === 'client' && mayPass?.(bytes) === false) {
        finish(refused);
        return;
      }
      if (to.writableEnded) {
        isLossy = true;
        return;
      }
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => {
      to.end();
      openDirections -= 1;
      if (openDirections === 0) finish(isLossy ? drained : { kind: 'done' });
    });
    from.on('error', (cause) => {
      error = cause;
    });
    from.on('close', () => {
      if (error !== undefined || !from.readableEnded) finish({ kind: 'failed', side, errno: errnoOf(error) });
    });
    if (from.destroyed) finish({ kind: 'failed', side, errno: errnoOf(error) });
  };

  join(client, server, 'client');
  join(server, client, 'server');
  client.resume();
  server.resume();
  const drain = (clock: Clock, quietMs: number): void => {
    if (isOver || draining !== undefined) return;
    hasMoved = false;
    draining = clock.every(quietMs, () => {
      if (hasMoved) hasMoved = false;
      else if (server.writableEnded) finish(drained);
      else server.end();
    });
  };
  return { end: promise, stop: (reason) => finish({ kind: 'ended', reason }), drain };
};
