/**
 * The end of a process as a value: whoever holds work registers a hold and hears when draining begins; whoever stops the
 * process begins it and waits for the holds to be released.
 */
import type { Clock } from './clock.ts';

export interface Hold {
  /** The work is done. Idempotent. */
  release(): void;
}

export class Drain {
  #draining = false;
  readonly #holds = new Set<() => void>();
  #resolveIdle: (() => void) | undefined;

  get isDraining(): boolean {
    return this.#draining;
  }

  get openHolds(): number {
    return this.#holds.size;
  }

  /** Registers work in progress; `onDrain` is called when draining begins (at once if it already has). */
  hold(onDrain: () => void): Hold {
    // A wrapper of its own, so that one callback may hold twice.
    const entry = (): void => onDrain();
    this.#holds.add(entry);
    if (this.#draining) onDrain();
    return {
      release: () => {
        if (this.#holds.delete(entry) && this.#holds.size === 0) this.#resolveIdle?.();
      },
    };
  }

  /**
   * Begins draining and waits until every hold is released or `graceMs` have passed.
   * @returns true when all work ended in time
   */
  begin(clock: Clock, graceMs: number): Promise<boolean> {
    this.#draining = true;
    const idle = new Promise<boolean>((resolve) => {
      const timer = clock.after(graceMs, () => resolve(false));
      this.#resolveIdle = () => {
        timer.cancel();
        resolve(true);
      };
    });
    for (const entry of Array.from(this.#holds)) entry();
    if (this.#holds.size === 0) this.#resolveIdle?.();
    return idle;
  }
}
