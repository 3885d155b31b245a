/** Time that stands still until a test moves it. */
import type { Clock, Timer } from '@heddle/runtime';

interface Pending {
  dueMs: number;
  readonly intervalMs: number | undefined;
  readonly task: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  readonly #pending = new Set<Pending>();

  constructor(wallMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffsetMs = wallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#nowMs;
  }

  after(delayMs: number, task: () => void): Timer {
    return this.#schedule({ dueMs: this.#nowMs + Math.max(delayMs, 0), intervalMs: undefined, task });
  }

  every(intervalMs: number, task: () => void): Timer {
    if (!(intervalMs > 0)) throw new RangeError(`an interval of ${intervalMs} ms never lets time pass`);
    return this.#schedule({ dueMs: this.#nowMs + intervalMs, intervalMs, task });
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer is due, undefined when none waits. */
  get nextTimerMs(): number | undefined {
    const next = this.#next();
    return next && next.dueMs - this.#nowMs;
  }

  /** Sets the wall clock, as an operator or NTP does; timers and `nowMs` do not notice. */
  setWall(wallMs: number): void {
    this.#wallOffsetMs = wallMs - this.#nowMs;
  }

  /** Lets time pass, running due timers in order, each at its own moment. Promise callbacks run after it returns. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) this.#fire(next);
    this.#nowMs = endMs;
  }

  /** Like `advance`, but gives promise callbacks a turn before and after each timer. */
  async advanceAsync(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await turn();
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) {
      this.#fire(next);
      await turn();
    }
    this.#nowMs = endMs;
  }

  #schedule(pending: Pending): Timer {
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  /** The earliest; of equals, the one set first (a Set keeps insertion order). */
  #next(): Pending | undefined {
    let earliest: Pending | undefined;
    for (const pending of this.#pending) {
      if (earliest === undefined || pending.dueMs < earliest.dueMs) earliest = pending;
    }
    return earliest;
  }

  #fire(pending: Pending): void {
    this.#nowMs = Math.max(this.#nowMs, pending.dueMs);
    if (pending.intervalMs === undefined) this.#pending.delete(pending);
    else pending.dueMs += pending.intervalMs;
    pending.task();
  }
}

/** A whole turn of the event loop, so that promise chains of any length settle. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
