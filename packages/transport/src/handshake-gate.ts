/**
 * Decides ahead of TLS whether a new connection may start its handshake. A handshake costs about a millisecond, so a
 * flood of them starves everything else; waiting in line is cheap, and a line that is too long is refused.
 *
 * ```
 *   enter ──▶ pending < max? ──▶ tokens left? ──▶ start            release() when the handshake is over
 *                 │ no               │ no
 *                 ▼                  ▼
 *              refused           queue (bounded, first in first out), started as tokens come back
 * ```
 */
import type { Clock } from '@heddle/runtime';

export interface HandshakeGateOptions {
  readonly clock: Clock;
  /** Handshakes begun and not yet over, waiting ones included. A slow peer holds one place until its timeout. */
  readonly maxPending: number;
  /** The same for one peer address, so that one peer cannot take all places. */
  readonly maxPendingPerPeer: number;
  /** Handshakes started per second in the long run, and at once after a pause. */
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** Gives the place back. Idempotent. */
export type ReleaseHandshake = () => void;

const retryMs = 5;

export class HandshakeGate {
  readonly #options: HandshakeGateOptions;
  readonly #perPeer = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #pending = 0;
  #tokens: number;
  #refilledMs: number;
  #isTimerSet = false;

  constructor(options: HandshakeGateOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#refilledMs = options.clock.nowMs();
  }

  /** Handshakes begun or waiting. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Undefined: refused, close the connection. Otherwise resolves when the handshake may start; call the function it
   * resolves to when the handshake is over, however it ended.
   */
  enter(peerIp: string): Promise<ReleaseHandshake> | undefined {
    const ofPeer = this.#perPeer.get(peerIp) ?? 0;
    if (this.#pending >= this.#options.maxPending || ofPeer >= this.#options.maxPendingPerPeer) return undefined;
    this.#pending += 1;
    this.#perPeer.set(peerIp, ofPeer + 1);
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.#leave(peerIp);
    };
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(release));
      this.#startWaiting();
    });
  }

  #leave(peerIp: string): void {
    this.#pending -= 1;
    const left = (this.#perPeer.get(peerIp) ?? 1) - 1;
    if (left === 0) this.#perPeer.delete(peerIp);
    else this.#perPeer.set(peerIp, left);
  }

  #startWaiting(): void {
    const nowMs = this.#options.clock.nowMs();
    const gained = ((nowMs - this.#refilledMs) / 1000) * this.#options.ratePerSecond;
    this.#tokens = Math.min(this.#options.burst, this.#tokens + gained);
    this.#refilledMs = nowMs;
    while (this.#tokens >= 1) {
      const start = this.#waiting.shift();
      if (start === undefined) return;
      this.#tokens -= 1;
      start();
    }
    if (this.#isTimerSet || this.#waiting.length === 0) return;
    this.#isTimerSet = true;
    this.#options.clock.after(retryMs, () => {
      this.#isTimerSet = false;
      this.#startWaiting();
    });
  }
}
