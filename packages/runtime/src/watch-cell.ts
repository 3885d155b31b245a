/**
 * A value that changes, and those who want to know. Readers see the newest value only: a slow reader skips what was
 * overwritten meanwhile.
 */

export type Unsubscribe = () => void;

export interface ReadableCell<T> {
  readonly value: T;
  /** Calls `listener` on each later change, synchronously, in the order of subscription. */
  subscribe(listener: (value: T) => void): Unsubscribe;
  /** The current value at once, then the newest one after each change, until `signal` aborts or the cell closes. */
  changes(signal?: AbortSignal): AsyncGenerator<T, void, void>;
}

export class WatchCell<T> implements ReadableCell<T> {
  #value: T;
  #version = 0;
  #closed = false;
  readonly #listeners = new Set<(value: T) => void>();
  readonly #wakers = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  /** Replaces the value and tells everybody. A value identical (`Object.is`) to the current one is no change. */
  set(value: T): void {
    if (this.#closed || Object.is(value, this.#value)) return;
    this.#value = value;
    this.#version += 1;
    this.#wake();
    for (const listener of Array.from(this.#listeners)) listener(value);
  }

  /** Ends all iterations; later `set`s are ignored. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#wake();
  }

  subscribe(listener: (value: T) => void): Unsubscribe {
    if (!this.#closed) this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async *changes(signal?: AbortSignal): AsyncGenerator<T, void, void> {
    let seen = -1;
    for (;;) {
      if (signal?.aborted === true) return;
      if (seen !== this.#version) {
        seen = this.#version;
        yield this.#value;
      } else if (this.#closed) {
        return;
      } else {
        await this.#nextWake(signal);
      }
    }
  }

  #wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }

  #nextWake(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
