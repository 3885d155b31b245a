/** A token bucket over an injected clock: how much of something a peer may do, averaged over ten seconds. */

const burstSeconds = 10;

export class Budget {
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#most = perSecond * burstSeconds;
    this.#left = this.#most;
    this.#atMs = nowMs;
  }

  /** Takes one; false when there is none left. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Gives back what turned out to be earned. */
  refund(count: number): void {
    this.#left = Math.min(this.#most, this.#left + count);
  }

  /** Whether nothing of it is used: as good as a new one. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#left >= this.#most;
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    this.#left = Math.min(this.#most, this.#left + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }
}
