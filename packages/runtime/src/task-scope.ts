/**
 * Background loops with a name and an owner. A loop runs until its scope closes; one that ends before that, by returning
 * or by throwing, is a fault of the program and is reported to whoever made the scope (a process: message and exit).
 */

export interface TaskFailure {
  readonly task: string;
  /** Undefined when the loop simply returned. */
  readonly cause: unknown;
}

export class TaskScope {
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #onFailure: (failure: TaskFailure) => void;

  constructor(onFailure: (failure: TaskFailure) => void) {
    this.#onFailure = onFailure;
  }

  /** Aborts when the scope closes. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Starts a loop that must go on until `signal` aborts. */
  run(task: string, loop: (signal: AbortSignal) => Promise<void>): void {
    const running: Promise<void> = this.#supervise(task, loop).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Aborts all loops and waits for their ends. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  async #supervise(task: string, loop: (signal: AbortSignal) => Promise<void>): Promise<void> {
    let cause: unknown;
    try {
      await loop(this.signal);
    } catch (error) {
      cause = error;
    }
    if (!this.signal.aborted) this.#onFailure({ task, cause });
  }
}
