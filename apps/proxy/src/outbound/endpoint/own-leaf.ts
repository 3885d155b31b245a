/** A connection must not outlive the certificate we showed on it: the peer would cut it off in the middle of requests. */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '@heddle/runtime';

/** How long before its end a certificate stops being good enough, at most. */
const longestMarginMs = 60_000;
/** Timers keep to a monotonic clock and the certificate to the wall's, so look at least this often. */
const longestSleepMs = 3_600_000;

/** When connections that show a certificate should be replaced: a tenth of its rest before its end, at most a minute. */
export const replaceAtMs = (notAfterMs: number, wallMs: number): number =>
  notAfterMs - Math.min(longestMarginMs, Math.max(0, notAfterMs - wallMs) / 10);

/** Calls `onExpiring` once, a little before `notAfterMs` (Unix milliseconds), unless the socket closes first. */
export const watchOwnLeaf = (socket: Socket, notAfterMs: number, clock: Clock, onExpiring: () => void): void => {
  const atMs = replaceAtMs(notAfterMs, clock.wallMs());
  let timer: Timer | undefined;
  const check = (): void => {
    const leftMs = atMs - clock.wallMs();
    if (leftMs <= 0) onExpiring();
    else timer = clock.after(Math.min(leftMs, longestSleepMs), check);
  };
  socket.once('close', () => timer?.cancel());
  check();
};
