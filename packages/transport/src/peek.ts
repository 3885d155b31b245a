/**
 * Looks at the first bytes of a connection without consuming them: whatever was read is put back, so the next reader sees
 * the stream from its beginning.
 */
import type { Socket } from 'node:net';
import type { Clock } from '@heddle/runtime';

export type PeekResult<T> =
  | { readonly kind: 'decided'; readonly value: T }
  /** The deadline passed first. */
  | { readonly kind: 'timeout' }
  /** The peer ended its side first; what it sent is still to be read. */
  | { readonly kind: 'ended' }
  /** `maxBytes` were seen and `decide` still wants more. */
  | { readonly kind: 'full' }
  /** The connection broke. */
  | { readonly kind: 'failed'; readonly error: Error | undefined };

export interface PeekOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** How many bytes `decide` may see at most. */
  readonly maxBytes: number;
}

/**
 * Calls `decide` with all bytes seen so far each time there are more, until it returns something.
 * @param decide the bytes are only lent: keep no reference to them
 */
export const peek = <T>(
  socket: Socket,
  options: PeekOptions,
  decide: (bytes: Buffer) => T | undefined,
): Promise<PeekResult<T>> =>
  new Promise((resolve) => {
    let seen = 0;
    const finish = (result: PeekResult<T>): void => {
      timer.cancel();
      socket.off('readable', onReadable);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(result);
    };
    const onReadable = (): void => {
      // Putting bytes back announces them again; only more than before, or the end, is news.
      if (socket.readableLength > seen) {
        // With a size: without one, Node hands out one chunk at a time.
        const bytes: Buffer | null = socket.read(socket.readableLength);
        if (bytes === null) return;
        seen = bytes.length;
        const value = decide(seen > options.maxBytes ? bytes.subarray(0, options.maxBytes) : bytes);
        // In the same tick as the read: later the stream may have ended and takes nothing back.
        socket.unshift(bytes);
        if (value !== undefined) finish({ kind: 'decided', value });
        else if (seen >= options.maxBytes) finish({ kind: 'full' });
      }
      if (hasEnded(socket)) finish({ kind: 'ended' });
    };
    const onError = (error: Error): void => finish({ kind: 'failed', error });
    const onClose = (): void => finish({ kind: 'failed', error: undefined });
    const timer = options.clock.after(options.timeoutMs, () => finish({ kind: 'timeout' }));
    socket.on('error', onError);
    socket.on('close', onClose);
    if (socket.destroyed) {
      finish({ kind: 'failed', error: undefined });
      return;
    }
    socket.on('readable', onReadable);
    if (socket.readableLength > 0) onReadable();
    else socket.read(0);
  });

/**
 * Whether the peer's end has arrived behind the bytes that are still to be read. Node shows this only in its private state;
 * should it move, a peek waits for its deadline instead, which is slower and equally right.
 */
const hasEnded = (socket: Socket): boolean => {
  const state: unknown = Reflect.get(socket, '_readableState');
  return typeof state === 'object' && state !== null && Reflect.get(state, 'ended') === true;
};
