/** Sockets may close while something else is awaited; what must happen at their end then happens at once. */
import type { Duplex } from 'node:stream';

/** Calls `act` once, when `socket` has closed, even if it has already. */
export const whenClosed = (socket: Duplex, act: () => void): void => {
  if (socket.closed) act();
  else socket.once('close', act);
};
