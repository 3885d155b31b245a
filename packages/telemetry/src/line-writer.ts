/**
 * Lines for stdout at the rate of requests: collected during a tick, written together, bounded when the reader is slow.
 * What does not fit is dropped and counted; a request never waits for its log line.
 */
import type { Writable } from 'node:stream';

const maxBufferedChars = 1024 * 1024;

export class LineWriter {
  readonly #out: Writable;
  #pending = '';
  #isScheduled = false;
  #isBlocked = false;
  dropped = 0;

  constructor(out: Writable) {
    this.#out = out;
  }

  /** Adds a line; the newline is added here. */
  write(line: string): void {
    if (this.#pending.length + line.length > maxBufferedChars) {
      this.dropped += 1;
      return;
    }
    this.#pending += `${line}\n`;
    if (this.#isScheduled || this.#isBlocked) return;
    this.#isScheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#pending === '' || this.#isBlocked) return;
    const text = this.#pending;
    this.#pending = '';
    if (this.#out.write(text)) return;
    this.#isBlocked = true;
    this.#out.once('drain', () => {
      this.#isBlocked = false;
      this.flush();
    });
  }
}
