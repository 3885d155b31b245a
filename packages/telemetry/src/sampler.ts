/**
 * A bound on how many lines one kind of event may log: a flood of denials must cost counters, not a log. Exact counts
 * are the metrics' job; a line that passes says how many were left out before it.
 */

export class Sampler {
  readonly #perSecond: number;
  #tokens: number;
  #atMs = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  /** @param perSecond lines a second on average; as many may come at once */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  /** @returns -1 when this event is not to be logged, else how many were left out since the last that was */
  take(nowMs: number): number {
    const refill = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + refill);
    this.#atMs = nowMs;
    if (this.#tokens < 1) {
      this.#suppressed += 1;
      return -1;
    }
    this.#tokens -= 1;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
