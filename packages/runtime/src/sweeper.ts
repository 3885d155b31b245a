/**
 * One coarse timer for all deadlines. Deadlines are numbers beside the thing they limit; the sweeper calls each
 * registered owner a few times a second and the owner compares. Nothing is armed or cancelled per request.
 */
import type { Clock, Timer } from './clock.ts';

export interface Sweepable {
  /** Ends what is overdue at `nowMs` (monotonic). May register and remove owners, itself included. */
  sweep(nowMs: number): void;
}

export class DeadlineSweeper {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #owners = new Set<Sweepable>();
  #timer: Timer | undefined;

  /** @param intervalMs how late a deadline may be noticed */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  add(owner: Sweepable): void {
    this.#owners.add(owner);
    this.#timer ??= this.#clock.every(this.#intervalMs, () => this.#sweep());
  }

  remove(owner: Sweepable): void {
    this.#owners.delete(owner);
    if (this.#owners.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const owner of this.#owners) owner.sweep(nowMs);
  }
}
