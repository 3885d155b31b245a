/** Wakes those who wait for something to change, all at once. */
import { type Clock, sleep } from '@heddle/runtime';

export class Bell {
  #rung = new AbortController();

  ring(): void {
    this.#rung.abort();
    this.#rung = new AbortController();
  }

  /** Resolves when the bell is rung, or after `atMostMs`. */
  wait(clock: Clock, atMostMs: number): Promise<void> {
    return sleep(clock, atMostMs, this.#rung.signal);
  }
}
