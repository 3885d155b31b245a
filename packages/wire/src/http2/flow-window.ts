/**
 * Flow-control windows (RFC 9113 sections 5.2 and 6.9) as pure accounting. A connection and each of its streams have
 * one of each kind.
 */
import { maxWindowBytes } from './protocol.ts';

/** How much the peer lets us send. May be negative after the peer lowered SETTINGS_INITIAL_WINDOW_SIZE. */
export class SendWindow {
  available: number;

  constructor(initial: number) {
    this.available = initial;
  }

  consume(bytes: number): void {
    this.available -= bytes;
  }

  /** Applies WINDOW_UPDATE or a change of the initial size; false when it would pass 2^31 - 1. */
  adjust(change: number): boolean {
    if (this.available + change > maxWindowBytes) return false;
    this.available += change;
    return true;
  }
}

/**
 * How much we let the peer send. Credit that is given back is announced in steps of half the window, so that a
 * WINDOW_UPDATE is worth its frame.
 */
export class ReceiveWindow {
  #size: number;
  /** What the peer may still send as far as it has been told. */
  #available: number;
  /** Given back and not yet announced. */
  #pending = 0;

  /** @param announced what the peer assumes before any WINDOW_UPDATE; what `size` is above it is due at once */
  constructor(size: number, announced: number = size) {
    this.#size = size;
    this.#available = announced;
    this.#pending = Math.max(0, size - announced);
  }

  /** Begins anew. `tolerated` is what the peer may send at first, not having heard of a smaller `size` yet. */
  reset(size: number, tolerated: number): void {
    this.#size = size;
    this.#available = tolerated;
    this.#pending = 0;
  }

  /** Counts a frame of `bytes`; false when the peer has sent more than it was allowed to. */
  receive(bytes: number): boolean {
    this.#available -= bytes;
    return this.#available >= 0;
  }

  /** Gives `bytes` back, which must have been received. */
  credit(bytes: number): void {
    this.#pending += bytes;
  }

  /** The increment to announce now: all that is pending once that is worth it, else 0. */
  takeIncrement(): number {
    const increment = this.#pending;
    if (increment * 2 < this.#size || increment === 0) return 0;
    this.#pending = 0;
    this.#available += increment;
    return increment;
  }
}
