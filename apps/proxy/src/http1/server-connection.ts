/**
 * The client's side of HTTP/1 (RFC 9112): reads requests from one socket, one exchange after the other, and writes their
 * responses. A pipelined request is read when the response before it is complete.
 *
 * ```
 *   idle ── first byte ──► head ── begin ──► exchange open ── response complete ──► idle, or close
 *                           │                     │                  │
 *                        timeout               client gone      request unread: discard, bounded
 * ```
 */
import type { Duplex } from 'node:stream';
import { HeaderList } from '@heddle/wire';
import { type Http1Error, Http1Event, RequestDecoder } from '@heddle/wire/http1';
import { type AbortCause, aborts } from '../http/abort.ts';
import { Exchange } from '../http/exchange.ts';
import type { DownstreamStream, ServerConnection, ServerConnectionOptions } from '../http/stream.ts';
import { whenClosed } from '../tcp/closed.ts';
import { BodyWriter } from './body-writer.ts';
import { responseFraming } from './framing.ts';
import { closingHeaders, writeBareResponse, writeResponseHead } from './head-writer.ts';
import { takeRequest } from './heads.ts';
import { type Reading, StreamReading } from './reading.ts';
import { SocketWriter } from './socket-writer.ts';

/** Body bytes that are read and thrown away so that a connection can go on after an early response. */
const maxDiscardedBytes = 256 * 1024;

export class Http1ServerConnection implements ServerConnection, DownstreamStream {
  readonly #options: ServerConnectionOptions;
  readonly #socket: Duplex;
  readonly #reading: Reading;
  readonly #decoder: RequestDecoder;
  readonly #writer: SocketWriter;
  readonly #body: BodyWriter;
  readonly #exchange: Exchange;
  #nowMs: number;
  /** When this state of waiting began: for a head, for the client to send or take bytes. */
  #waitingSinceMs: number;
  /** The message of the current exchange has been read to its end. */
  #isMessageRead = true;
  /** Trailers that came before the end of the message. */
  #trailers: HeaderList | undefined;
  /** Body bytes delivered and not yet accepted by the other side. */
  #unaccepted = 0;
  #discarded = 0;
  /** Response body bytes that the socket has yet to take, and those of them that belong to an exchange already over. */
  #untaken = 0;
  #untakenBefore = 0;
  /** No request is read after the current one. */
  #isLast = false;
  /** The client has sent its end; nothing tells any more whether it still reads, but bytes that it takes. */
  #hasClientEnded = false;
  #isPumping = false;
  #isPaused = false;
  #closeReason = 'closed';

  constructor(options: ServerConnectionOptions) {
    const { socket, limits, clock, service } = options;
    this.#options = options;
    this.#socket = socket;
    this.#nowMs = clock.nowMs();
    this.#waitingSinceMs = this.#nowMs;
    this.#decoder = new RequestDecoder({ maxHeadBytes: limits.maxHeadBytes, maxHeaderCount: limits.maxHeaderFields });
    this.#exchange = new Exchange(this, service);
    this.#decoder.head.headers = this.#exchange.request.headers;
    const direct = options.batches?.take(socket, (bytes) => this.#onLent(bytes));
    this.#reading = direct ?? new StreamReading(socket, (bytes) => this.#onData(bytes));
    this.#writer = new SocketWriter(
      socket,
      direct,
      (bytes) => this.#onTaken(bytes),
      () => this.#pump(),
    );
    this.#body = new BodyWriter(this.#writer);
    options.sweeper.add(this);
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#onError(error));
    whenClosed(socket, () => this.#onClose());
    if (!socket.destroyed) this.#reading.resume();
  }

  get openExchanges(): number {
    return this.#exchange.isOpen ? 1 : 0;
  }

  forEachExchange(visit: (exchange: Exchange) => void): void {
    if (this.#exchange.isOpen) visit(this.#exchange);
  }

  drain(): void {
    this.#isLast = true;
    if (!this.#exchange.isOpen && !this.#writer.isBusy) this.#endSocket('drained');
  }

  destroy(cause: AbortCause): void {
    this.#closeReason = cause.detail;
    this.#exchange.onRequestAborted(cause);
    this.#socket.destroy();
  }

  sweep(nowMs: number): void {
    const { limits, service } = this.#options;
    const exchange = this.#exchange;
    this.#nowMs = nowMs;
    const waitedMs = nowMs - this.#waitingSinceMs;
    if (exchange.isOpen) {
      if (exchange.deadlineMs <= nowMs) service.overdue(exchange);
      else if (this.#isClientStalling && waitedMs > limits.stalledTimeoutMs) this.destroy(aborts.clientGone);
    } else if (this.#isLast) {
      if (waitedMs > limits.headTimeoutMs) this.destroy(aborts.clientGone);
    } else if (this.#writer.isBusy) {
      if (waitedMs > limits.stalledTimeoutMs) this.destroy(aborts.clientGone);
    } else if (!this.#decoder.isIdle) {
      if (waitedMs > limits.headTimeoutMs) this.#answerAndClose(408);
    } else if (waitedMs > limits.idleTimeoutMs) {
      this.#endSocket('idle');
    }
  }

  // ---- DownstreamStream ----------------------------------------------------------------------------------------

  sendInformational(status: number, headers: HeaderList): void {
    if (this.#exchange.request.version !== '1.0') writeBareResponse(this.#writer, status, headers, false);
  }

  closeConnection(): void {
    this.#isLast = true;
  }

  sendHead(): void {
    const { request, response } = this.#exchange;
    const isOld = request.version === '1.0';
    const framing = responseFraming(response, request.method, !isOld);
    if (framing === 'until-close' || framing === 'tunnel' || !this.#decoder.head.isKeepAlive) this.#isLast = true;
    if (!this.#isMessageRead && !response.hasBody && this.#decoder.head.expectsContinue) this.#isLast = true;
    this.#noteWrite();
    const connection = this.#isLast ? 'close' : isOld ? 'keep-alive' : '';
    const field = framing === 'tunnel' ? '' : connection;
    if (!writeResponseHead(this.#writer, response, request.method, framing, field)) {
      this.#exchange.abort(aborts.connectionLost);
      return;
    }
    this.#body.begin(framing, response.contentLength);
    if (framing === 'tunnel') this.#decoder.startTunnel();
  }

  sendData(bytes: Buffer): void {
    this.#noteWrite();
    this.#untaken += bytes.length;
    if (!this.#body.data(bytes)) this.#exchange.abort(aborts.connectionLost);
  }

  sendEnd(trailers: HeaderList | undefined): void {
    if (!this.#body.end(trailers)) this.abort(aborts.connectionLost);
    else if (this.#exchange.isTunnel) this.#writer.end();
    else this.#writer.schedule();
  }

  abort(cause: AbortCause): void {
    this.#closeReason = cause.detail;
    this.#writer.flush();
    this.#socket.destroy();
  }

  credit(bytes: number): void {
    this.#unaccepted -= bytes;
    this.#waitingSinceMs = this.#nowMs;
    if (this.#unaccepted < this.#options.limits.http1.windowBytes) this.#writer.schedule();
  }

  // ---- reading -------------------------------------------------------------------------------------------------

  /** The client owes something: the rest of its request, to take what was written, or a sign that it is there. */
  get #isClientStalling(): boolean {
    return (
      this.#hasClientEnded ||
      this.#writer.isBusy ||
      (!this.#isMessageRead && !this.#isBlocked && !this.#exchange.isTunnel)
    );
  }

  get #isBlocked(): boolean {
    return this.#unaccepted >= this.#options.limits.http1.windowBytes;
  }

  #onData(bytes: Buffer): void {
    if (this.#socket.writableEnded && !this.#exchange.isOpen) return;
    this.#nowMs = this.#options.clock.nowMs();
    if (this.#decoder.isIdle || this.#exchange.isOpen) this.#waitingSinceMs = this.#nowMs;
    this.#decoder.push(bytes);
    this.#pump();
  }

  #onLent(bytes: Buffer): void {
    this.#onData(bytes);
    this.#decoder.keepPending();
  }

  #onEnd(): void {
    this.#hasClientEnded = true;
    this.#waitingSinceMs = this.#options.clock.nowMs();
    this.#decoder.finish();
    this.#pump();
  }

  /** Pulls events until the decoder runs dry or the exchange must catch up. */
  #pump(): void {
    if (this.#isPumping || !this.#reading.isOpen) return;
    this.#isPumping = true;
    let goesOn = true;
    while (goesOn) goesOn = this.#mayPull() && this.#pull();
    this.#isPumping = false;
    this.#settle();
  }

  /** A new message waits for the exchange before it; a body for the other side. */
  #mayPull(): boolean {
    if (this.#exchange.isOpen) return (!this.#isMessageRead || this.#exchange.isTunnel) && !this.#isBlocked;
    if (this.#isMessageRead) {
      // An upgrade that was not granted: what follows is the next request.
      this.#decoder.resume();
      return !this.#isLast;
    }
    return this.#discarded < maxDiscardedBytes && !this.#isLast;
  }

  /** @returns false when there is nothing more to pull for now */
  #pull(): boolean {
    const decoder = this.#decoder;
    switch (decoder.next()) {
      case Http1Event.needMore:
        return false;
      case Http1Event.head:
        this.#beginExchange();
        break;
      case Http1Event.body:
      case Http1Event.tunnel:
        this.#deliver(decoder.data);
        break;
      case Http1Event.trailers:
        this.#trailers = new HeaderList();
        this.#trailers.copyFrom(decoder.trailers);
        break;
      case Http1Event.end:
        this.#onMessageEnd();
        break;
      case Http1Event.closed:
        this.#onClientEnded();
        return false;
      case Http1Event.interim:
      case Http1Event.error:
        this.#refuseMessage(decoder.error);
        return false;
    }
    return true;
  }

  #beginExchange(): void {
    const exchange = this.#exchange;
    this.#isMessageRead = false;
    this.#unaccepted = 0;
    this.#discarded = 0;
    this.#trailers = undefined;
    this.#untakenBefore = this.#untaken;
    takeRequest(this.#decoder.head, exchange.request);
    exchange.begin(this.#nowMs);
  }

  #deliver(bytes: Buffer): void {
    if (!this.#exchange.isOpen) {
      this.#discarded += bytes.length;
      return;
    }
    this.#unaccepted += bytes.length;
    this.#exchange.onRequestData(bytes);
  }

  #onMessageEnd(): void {
    this.#isMessageRead = true;
    // An upgrade or CONNECT is not over with its message: bytes of a tunnel may follow.
    const { request } = this.#exchange;
    if (this.#exchange.isOpen && request.upgrade === '' && !request.isConnect)
      this.#exchange.onRequestEnd(this.#trailers);
  }

  /** The client has closed its side for good. It may still read; what it asked for is answered. */
  #onClientEnded(): void {
    this.#isLast = true;
    if (this.#exchange.isOpen && this.#exchange.isTunnel) this.#exchange.onRequestEnd(undefined);
  }

  #refuseMessage(error: Http1Error | undefined): void {
    this.#closeReason = error?.text ?? 'malformed request';
    if (this.#exchange.isResponseStarted) return this.destroy({ ...aborts.clientGone, detail: this.#closeReason });
    this.#exchange.onRequestAborted(aborts.clientGone);
    this.#answerAndClose(error?.status ?? 400);
  }

  /** An answer outside of any exchange. */
  #answerAndClose(status: number): void {
    this.#isLast = true;
    writeBareResponse(this.#writer, status, closingHeaders, true);
    this.#endSocket(this.#closeReason);
  }

  /** After pulling: closes what is done and applies backpressure. */
  #settle(): void {
    if (!this.#exchange.isOpen && (this.#isLast || this.#discarded >= maxDiscardedBytes)) {
      this.#endSocket('last response sent');
      return;
    }
    const mustPause = this.#isBlocked || this.#decoder.pendingBytes >= this.#options.limits.http1.windowBytes;
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#reading.pause();
    else this.#reading.resume();
  }

  // ---- writing and closing -------------------------------------------------------------------------------------

  /** The client is given a new time to take what is written when it has taken everything before. */
  #noteWrite(): void {
    if (!this.#writer.isBusy) this.#waitingSinceMs = this.#nowMs;
  }

  #onTaken(bytes: number): void {
    this.#waitingSinceMs = this.#nowMs;
    this.#untaken -= bytes;
    const before = Math.min(bytes, this.#untakenBefore);
    this.#untakenBefore -= before;
    if (bytes > before) this.#exchange.onResponseAccepted(bytes - before);
  }

  /** Ends our side after what is written; the client's end, or a timeout, closes the socket. */
  #endSocket(reason: string): void {
    if (this.#socket.writableEnded) return;
    if (this.#closeReason === 'closed') this.#closeReason = reason;
    this.#isLast = true;
    this.#waitingSinceMs = this.#nowMs;
    this.#writer.end();
    // Lingering close: unread bytes would make the kernel reset the connection and lose the response.
    this.#reading.resume();
  }

  #onError(error: Error): void {
    this.#closeReason = error.message;
  }

  #onClose(): void {
    this.#options.sweeper.remove(this);
    this.#exchange.onRequestAborted(aborts.clientGone);
    this.#options.onClose(this.#closeReason);
  }
}
