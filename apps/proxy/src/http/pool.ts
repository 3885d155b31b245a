/**
 * Connections to one address, used again. An exchange gets a connection with room at once, or waits for the one being
 * made; a failed connect fails those who waited for it, and the service decides what becomes of them.
 *
 * ```
 *   dispatch ──► room somewhere? ── yes ──► open
 *                     │ no
 *                waiting (bounded) ──► connect ──► open … open      failed ──► onResponseAborted
 * ```
 */
import { type AbortCause, aborts, connectFailed } from './abort.ts';
import type { Exchange } from './exchange.ts';
import type { ClientConnection } from './stream.ts';

export interface PooledCallbacks {
  readonly onCapacity: () => void;
  readonly onClose: (reason: string) => void;
}

export interface PoolOptions {
  /** Makes a connection. Rejects with an AbortError, or with any error, which counts as a failed connect. */
  readonly connect: (callbacks: PooledCallbacks) => Promise<ClientConnection>;
  readonly maxConnections: number;
  /** How many exchanges a new connection is expected to take: 1 for HTTP/1. */
  readonly exchangesPerConnection: number;
  readonly maxWaiting: number;
}

/** An AbortCause as an exception. */
export class AbortError extends Error {
  readonly abortCause: AbortCause;

  constructor(abortCause: AbortCause) {
    super(abortCause.detail);
    this.name = 'AbortError';
    this.abortCause = abortCause;
  }
}

const causeOf = (error: unknown): AbortCause =>
  error instanceof AbortError ? error.abortCause : connectFailed(error instanceof Error ? error.message : 'unknown');

interface Waiting {
  readonly exchange: Exchange;
  readonly serial: number;
}

const isWaiting = ({ exchange, serial }: Waiting): boolean => exchange.isOpen && exchange.serial === serial;

/** A line of waiting requests that is read through whenever one joins. */
const shortLine = 2;

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #connections = new Set<ClientConnection>();
  /** Connections that had room when last heard of, the most recently used last. */
  #free: ClientConnection[] = [];
  #waiting: Waiting[] = [];
  /** The length of the line at which those who left it are looked for again. */
  #forgetAt = shortLine;
  #connecting = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get openExchanges(): number {
    let open = 0;
    for (const connection of this.#connections) open += connection.openExchanges;
    return open;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#connecting === 0 && this.openExchanges === 0;
  }

  dispatch(exchange: Exchange): void {
    const connection = this.#takeFree();
    if (connection !== undefined) {
      connection.open(exchange);
      this.#keepIfFree(connection);
      return;
    }
    this.#forgetGone();
    if (this.#isClosed || this.#waiting.length >= this.#options.maxWaiting) {
      exchange.onResponseAborted(aborts.overloaded);
      return;
    }
    this.#waiting.push({ exchange, serial: exchange.serial });
    this.#connectIfNeeded();
  }

  /** Lets open exchanges end and refuses new ones. */
  close(): void {
    this.#isClosed = true;
    this.#failWaiting(aborts.drain, this.#waiting.length);
    for (const connection of this.#connections) connection.drain();
  }

  #takeFree(): ClientConnection | undefined {
    for (;;) {
      const connection = this.#free.pop();
      if (connection === undefined || connection.capacity > 0) return connection;
    }
  }

  #keepIfFree(connection: ClientConnection): void {
    if (connection.capacity > 0) this.#free.push(connection);
  }

  /**
   * Requests that were reset while they waited must not each cost a connection (rapid reset). The line is read when it
   * has doubled, so that this costs nothing per request.
   */
  #forgetGone(): void {
    if (this.#waiting.length < this.#forgetAt) return;
    this.#waiting = this.#waiting.filter(isWaiting);
    this.#forgetAt = Math.max(shortLine, 2 * this.#waiting.length);
  }

  #connectIfNeeded(): void {
    const { exchangesPerConnection, maxConnections } = this.#options;
    const wanted = Math.ceil(this.#waiting.length / exchangesPerConnection);
    while (this.#connecting < wanted && this.#connecting + this.#connections.size < maxConnections) {
      this.#connecting += 1;
      void this.#connect();
    }
  }

  async #connect(): Promise<void> {
    let connection: ClientConnection | undefined;
    try {
      const made = await this.#options.connect({
        onCapacity: () => connection !== undefined && this.#onCapacity(connection),
        onClose: () => connection !== undefined && this.#connections.delete(connection),
      });
      connection = made;
    } catch (error) {
      this.#connecting -= 1;
      const { exchangesPerConnection } = this.#options;
      this.#failWaiting(causeOf(error), this.#connecting === 0 ? this.#waiting.length : exchangesPerConnection);
      return;
    }
    this.#connecting -= 1;
    if (connection.isSpent) {
      this.#failWaiting(aborts.connectionLost, this.#options.exchangesPerConnection);
      return;
    }
    this.#connections.add(connection);
    this.#onCapacity(connection);
    if (this.#isClosed) connection.drain();
  }

  #onCapacity(connection: ClientConnection): void {
    if (connection.isSpent) {
      this.#connections.delete(connection);
      this.#free = this.#free.filter((each) => each !== connection);
      if (this.#waiting.length > 0) this.#connectIfNeeded();
      return;
    }
    while (connection.capacity > 0) {
      const exchange = this.#nextWaiting();
      if (exchange === undefined) break;
      connection.open(exchange);
    }
    this.#keepIfFree(connection);
  }

  /** Those whose client has gone meanwhile are skipped: their record may serve another request already. */
  #nextWaiting(): Exchange | undefined {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#forgetAt = shortLine;
        return undefined;
      }
      if (isWaiting(next)) return next.exchange;
    }
  }

  #failWaiting(cause: AbortCause, count: number): void {
    for (let failed = 0; failed < count; failed += 1) {
      const exchange = this.#nextWaiting();
      if (exchange === undefined) return;
      exchange.onResponseAborted(cause);
    }
  }
}
