/** What Node keeps in the private state of a stream and does not show otherwise. */
import type { Socket } from 'node:net';

/**
 * Whether the peer's end has arrived, perhaps behind bytes that are still to be read.
 * @returns true as well where it cannot be told
 */
export const hasEnded = (socket: Socket): boolean => {
  const state: unknown = Reflect.get(socket, '_readableState');
  return typeof state !== 'object' || state === null || Reflect.get(state, 'ended') !== false;
};
