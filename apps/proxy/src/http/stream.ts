/**
 * The two sides of an exchange, as its connections implement them, and the connections themselves. See README.md beside
 * this file for the way of a request and the rules of who calls whom.
 */
import type { Duplex } from 'node:stream';
import type { Clock, DeadlineSweeper } from '@heddle/runtime';
import type { SocketBatches } from '@heddle/transport';
import type { HeaderList } from '@heddle/wire';
import type { Budget } from '../http2/budget.ts';
import type { AbortCause } from './abort.ts';
import type { Exchange } from './exchange.ts';
import type { HttpLimits } from './limits.ts';

/** What both sides do with a body. `bytes` are handed over: nobody writes to that memory again. */
interface BodySink {
  /** Sends body bytes. Never refuses: the producer stops when its credit is used up. */
  sendData(bytes: Buffer): void;
  /** Ends this direction. In a tunnel: half-closes. */
  sendEnd(trailers: HeaderList | undefined): void;
  /** Ends the stream at once, both directions. The stream calls the exchange no more. Idempotent. */
  abort(cause: AbortCause): void;
  /** The other side accepted `bytes` of what this side delivered: this side may read as many more. */
  credit(bytes: number): void;
}

/** The client's side, made by a server connection. */
export interface DownstreamStream extends BodySink {
  /** Sends an interim response other than 101 (RFC 9110 section 15.2); dropped for an HTTP/1.0 client. */
  sendInformational(status: number, headers: HeaderList): void;
  /** Sends `exchange.response`, and the end too when it has no body. Status 101, or 2xx to CONNECT, opens a tunnel. */
  sendHead(): void;
  /** Before `sendHead`: an HTTP/1 connection is to close after this exchange; an HTTP/2 one stays, for the other streams. */
  closeConnection(): void;
}

/** The server's side, made by a client connection; `ClientConnection.open` has sent the request's head. */
export type UpstreamStream = BodySink;

/** What a proxy does with exchanges; one per downstream connection. Nothing here returns a promise. */
export interface HttpService {
  /** The request's head is complete: `exchange.request`. Called once per exchange. */
  handle(exchange: Exchange): void;
  /** A response head came from upstream and goes to the client when this returns: response steps edit it here. */
  responded(exchange: Exchange): void;
  /** Upstream failed, was refused a connection, or broke off. The service answers, repeats or aborts. */
  failed(exchange: Exchange, cause: AbortCause): void;
  /** The exchange's `deadlineMs` has passed. */
  overdue(exchange: Exchange): void;
  /** The exchange is over, however it ended; its fields are reset after this returns. Called once per exchange. */
  finished(exchange: Exchange): void;
}

export interface ConnectionOptions {
  /** Plain or decrypted; paused, what detection peeked at put back. The connection owns it from now on. */
  readonly socket: Duplex;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  /** Calls the connection back a few times a second; `onClose` removes it. */
  readonly sweeper: DeadlineSweeper;
  /** Absent: plain sockets are read and written by their streams. */
  readonly batches?: SocketBatches | undefined;
  /** Stream resets that this peer may cause, shared by its connections. Absent: this connection has its own. */
  readonly resets?: Budget | undefined;
  /** Called once, when the socket is closed and all its exchanges have finished. `reason` is for logs. */
  readonly onClose: (reason: string) => void;
}

export interface ServerConnectionOptions extends ConnectionOptions {
  readonly service: HttpService;
}

export interface ServerConnection {
  readonly openExchanges: number;
  /** Lets open exchanges end, takes no new ones (GOAWAY, `connection: close`), then closes. Idempotent. */
  drain(): void;
  /** Ends everything at once. Idempotent. */
  destroy(cause: AbortCause): void;
  /** Visits open exchanges; `visit` may end the exchange it is given. */
  forEachExchange(visit: (exchange: Exchange) => void): void;
}

export interface ClientConnectionOptions extends ConnectionOptions {
  /** `capacity` grew from 0, or the connection no longer takes exchanges. */
  readonly onCapacity: () => void;
}

export interface ClientConnection {
  /** How many more exchanges may be opened now; 0 while full, draining or closed. */
  readonly capacity: number;
  readonly openExchanges: number;
  /** True once no exchange will ever be taken again (GOAWAY, `connection: close`, closed). */
  readonly isSpent: boolean;
  /**
   * Opens a stream, attaches it (`exchange.attach`) and sends `exchange.request`, with the end when it has no body.
   * Only while `capacity > 0`. The head is encoded before this returns; the exchange's request is not kept.
   */
  open(exchange: Exchange): void;
  drain(): void;
  destroy(cause: AbortCause): void;
}
