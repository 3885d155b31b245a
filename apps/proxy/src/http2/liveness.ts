/**
 * Whether the peer of an HTTP/2 connection still does its part: answers SETTINGS and PING, completes what it began, and
 * reads. All deadlines are numbers that a sweep compares.
 */
import type { Http2FaultName } from '@heddle/wire/http2';
import type { HttpLimits } from '../http/limits.ts';

/** How long the peer may take to acknowledge SETTINGS. */
const settingsTimeoutMs = 10_000;

export type Verdict =
  | 'alive'
  /** Nothing was read for the keep-alive interval: send a PING, and say so with `pingSent`. */
  | 'ping-due'
  /** The socket has taken nothing for long. */
  | 'stalled'
  | Extract<Http2FaultName, 'settings-timeout' | 'frame-timeout' | 'ping-timeout'>;

export class Liveness {
  /** SETTINGS of ours that the peer has not acknowledged. */
  unackedSettings = 0;
  hasPeerSettings = false;

  readonly #limits: HttpLimits;
  readonly #openedMs: number;
  #lastReadMs: number;
  #pingSentMs = -1;
  /** Since when the current incomplete frame or block has been incomplete. */
  #holdingSinceMs = -1;
  #stalledSinceMs = -1;
  #takenAtSweep = 0;

  constructor(limits: HttpLimits, nowMs: number) {
    this.#limits = limits;
    this.#openedMs = nowMs;
    this.#lastReadMs = nowMs;
  }

  /** A chunk was read: whether it completed something, and whether something is incomplete now. */
  read(nowMs: number, hasCompleted: boolean, isHolding: boolean): void {
    this.#lastReadMs = nowMs;
    if (!isHolding) this.#holdingSinceMs = -1;
    else if (hasCompleted || this.#holdingSinceMs < 0) this.#holdingSinceMs = nowMs;
  }

  pingSent(nowMs: number): void {
    this.#pingSentMs = nowMs;
  }

  /** A PING was answered; false when none was sent. */
  pingAnswered(): boolean {
    const wasSent = this.#pingSentMs >= 0;
    this.#pingSentMs = -1;
    return wasSent;
  }

  /**
   * @param queuedBytes what the socket has yet to take
   * @param takenFlushes how often it has taken something
   */
  judge(nowMs: number, queuedBytes: number, takenFlushes: number): Verdict {
    const { headTimeoutMs, http2 } = this.#limits;
    const ageMs = nowMs - this.#openedMs;
    if (this.unackedSettings > 0 && ageMs >= settingsTimeoutMs) return 'settings-timeout';
    if (!this.hasPeerSettings && ageMs >= headTimeoutMs) return 'settings-timeout';
    if (this.#holdingSinceMs >= 0 && nowMs - this.#holdingSinceMs >= headTimeoutMs) return 'frame-timeout';
    if (this.#isStalled(nowMs, queuedBytes, takenFlushes)) return 'stalled';
    const { keepAlive } = http2;
    if (keepAlive === undefined) return 'alive';
    if (this.#pingSentMs >= 0) return nowMs - this.#pingSentMs >= keepAlive.timeoutMs ? 'ping-timeout' : 'alive';
    return nowMs - this.#lastReadMs >= keepAlive.intervalMs ? 'ping-due' : 'alive';
  }

  #isStalled(nowMs: number, queuedBytes: number, takenFlushes: number): boolean {
    if (queuedBytes === 0 || takenFlushes !== this.#takenAtSweep) {
      this.#takenAtSweep = takenFlushes;
      this.#stalledSinceMs = -1;
      return false;
    }
    if (this.#stalledSinceMs < 0) this.#stalledSinceMs = nowMs;
    return nowMs - this.#stalledSinceMs >= this.#limits.stalledTimeoutMs;
  }
}
