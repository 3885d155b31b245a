/**
 * The connections of one protocol to one endpoint. A link is told to `prepare`, says when it is ready, and takes
 * exchanges while it is. A failed connect makes it unusable for a while; exchanges that had been counting on it go back
 * to whoever gave them, since nothing of them has been sent.
 *
 * ```
 *   unused ── prepare ──► connecting ──► ready ── last connection gone ──► unused
 *                 ▲           │ failed
 *                 └─ backoff ─┘
 * ```
 */
import { Backoff, type BackoffPolicy, type Clock, type Timer } from '@heddle/runtime';
import type { Exchange } from '../../http/exchange.ts';
import type { ClientConnection } from '../../http/stream.ts';

export interface ConnectionEvents {
  readonly onCapacity: () => void;
  readonly onClose: (reason: string) => void;
}

export interface LinkOptions {
  /** Rejects when the endpoint cannot be reached, or is not whom it should be. */
  readonly connect: (events: ConnectionEvents) => Promise<ClientConnection>;
  /** HTTP/2: a connection takes many exchanges, so one at a time is made. HTTP/1: one for each exchange. */
  readonly isShared: boolean;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: BackoffPolicy;
  readonly events: LinkEvents;
}

export interface LinkEvents {
  /** A connection was made, or has room again. */
  readonly onReady: () => void;
  /** Connecting failed; the link is not usable until `onUsable`. */
  readonly onDown: (reason: string) => void;
  readonly onUsable: () => void;
  /** The exchange was given to `open` and nothing of it was sent: it wants another endpoint. */
  readonly onUnsent: (exchange: Exchange) => void;
}

interface Waiting {
  readonly exchange: Exchange;
  readonly serial: number;
}

/** A shared connection that is gone so soon was none: without a pause we would connect in a circle. */
const shortestLifeMs = 1000;

export class Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  /** Each with the time it was made. */
  readonly #connections = new Map<ClientConnection, number>();
  /** Connections that had room when last heard of, the most recently used last. */
  #free: ClientConnection[] = [];
  #waiting: Waiting[] = [];
  #connecting = 0;
  /** The last attempt to connect succeeded. */
  #isUp = false;
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff, options.random);
  }

  /** May be asked to connect. */
  get isUsable(): boolean {
    return this.#retry === undefined && !this.#isClosed;
  }

  /** Takes an exchange now. */
  get isReady(): boolean {
    if (this.#isClosed) return false;
    if (this.#hasFree()) return true;
    const { isShared, maxConnections } = this.#options;
    return !isShared && this.#isUp && this.#connections.size + this.#connecting < maxConnections;
  }

  /** Begins to connect, unless that is under way, needless, or was in vain a moment ago. */
  prepare(): void {
    const { maxConnections } = this.#options;
    if (this.#connecting > 0 || !this.isUsable || this.#hasFree()) return;
    if (this.#connections.size < maxConnections) void this.#connect();
  }

  /** Only while `isReady`. */
  open(exchange: Exchange): void {
    const connection = this.#hasFree() ? this.#free.pop() : undefined;
    if (connection === undefined) {
      this.#waiting.push({ exchange, serial: exchange.serial });
      void this.#connect();
      return;
    }
    connection.open(exchange);
    if (connection.capacity > 0) this.#free.push(connection);
  }

  /** Takes no more; open exchanges go on to their ends. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retry?.cancel();
    for (const connection of Array.from(this.#connections.keys())) connection.drain();
    this.#returnWaiting();
  }

  #hasFree(): boolean {
    const free = this.#free;
    while (free.length > 0) {
      const last = free[free.length - 1];
      if (last !== undefined && last.capacity > 0) return true;
      free.pop();
    }
    return false;
  }

  async #connect(): Promise<void> {
    const { clock, connect, isShared } = this.#options;
    this.#connecting += 1;
    let made: ClientConnection | undefined;
    const events: ConnectionEvents = {
      onCapacity: () => made !== undefined && this.#onCapacity(made),
      onClose: () => made !== undefined && this.#forget(made),
    };
    try {
      made = await connect(events);
    } catch (error) {
      this.#connecting -= 1;
      this.#fail(error instanceof Error ? error.message : 'connect failed');
      return;
    }
    const connection = made;
    this.#connecting -= 1;
    this.#connections.set(connection, clock.nowMs());
    if (this.#isClosed) {
      connection.drain();
      return;
    }
    this.#isUp = true;
    if (!isShared) this.#backoff.reset();
    else clock.after(shortestLifeMs, () => !connection.isSpent && this.#backoff.reset());
    this.#onCapacity(connection);
  }

  #onCapacity(connection: ClientConnection): void {
    if (connection.isSpent) {
      this.#forget(connection);
      return;
    }
    while (connection.capacity > 0) {
      const exchange = this.#nextWaiting();
      if (exchange === undefined) {
        this.#free.push(connection);
        if (!this.#isClosed) this.#options.events.onReady();
        return;
      }
      connection.open(exchange);
    }
  }

  #forget(connection: ClientConnection): void {
    const madeMs = this.#connections.get(connection);
    if (madeMs === undefined) return;
    this.#connections.delete(connection);
    this.#free = this.#free.filter((each) => each !== connection);
    const { isShared, clock } = this.#options;
    if (isShared && clock.nowMs() - madeMs < shortestLifeMs) this.#fail('the connection was lost at once');
  }

  #fail(reason: string): void {
    if (this.#isClosed) return;
    const { clock, events } = this.#options;
    this.#isUp = false;
    this.#retry ??= clock.after(this.#backoff.next(), () => {
      this.#retry = undefined;
      events.onUsable();
    });
    events.onDown(reason);
    this.#returnWaiting();
  }

  #returnWaiting(): void {
    for (let left = this.#waiting.length; left > 0; left -= 1) {
      const exchange = this.#nextWaiting();
      if (exchange !== undefined) this.#options.events.onUnsent(exchange);
    }
  }

  /** Those whose client has gone meanwhile are skipped: their record may serve another request already. */
  #nextWaiting(): Exchange | undefined {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) return undefined;
      if (next.exchange.isOpen && next.exchange.serial === next.serial) return next.exchange;
    }
  }
}
