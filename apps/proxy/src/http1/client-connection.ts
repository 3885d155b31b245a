/**
 * The server's side of HTTP/1: one exchange at a time on one socket, which is used again when both messages are complete
 * and the server keeps it open.
 */
import type { Duplex } from 'node:stream';
import { HeaderList } from '@heddle/wire';
import { Http1Event, ResponseDecoder } from '@heddle/wire/http1';
import { type AbortCause, aborts, protocolViolation } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ClientConnection, ClientConnectionOptions, UpstreamStream } from '../http/stream.ts';
import { whenClosed } from '../tcp/closed.ts';
import { BodyWriter } from './body-writer.ts';
import { requestFraming } from './framing.ts';
import { writeRequestHead } from './head-writer.ts';
import { stripConnectionFields, takeResponse } from './heads.ts';
import { type Reading, StreamReading } from './reading.ts';
import { SocketWriter } from './socket-writer.ts';

export class Http1ClientConnection implements ClientConnection, UpstreamStream {
  readonly #options: ClientConnectionOptions;
  readonly #socket: Duplex;
  readonly #reading: Reading;
  readonly #decoder: ResponseDecoder;
  readonly #writer: SocketWriter;
  readonly #body: BodyWriter;
  #exchange: Exchange | undefined;
  #isSpent = false;
  /** The connection may serve another exchange after this one. */
  #mayKeep = true;
  #trailers: HeaderList | undefined;
  #unaccepted = 0;
  #isPaused = false;
  #isTunnel = false;
  /** Of a tunnel. */
  #isResponseEnded = false;
  #idleSinceMs: number;
  /** Request body bytes that the socket has yet to take, and those of them that belong to an exchange already over. */
  #untaken = 0;
  #untakenBefore = 0;
  #closeReason = 'closed';

  constructor(options: ClientConnectionOptions) {
    const { socket, limits, clock } = options;
    this.#options = options;
    this.#socket = socket;
    this.#idleSinceMs = clock.nowMs();
    this.#decoder = new ResponseDecoder({ maxHeadBytes: limits.maxHeadBytes, maxHeaderCount: limits.maxHeaderFields });
    const direct = options.batches?.take(socket, (bytes) => this.#onLent(bytes));
    this.#reading = direct ?? new StreamReading(socket, (bytes) => this.#onData(bytes));
    this.#writer = new SocketWriter(
      socket,
      direct,
      (bytes) => this.#onTaken(bytes),
      () => this.#pull(),
    );
    this.#body = new BodyWriter(this.#writer);
    options.sweeper.add(this);
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => {
      this.#closeReason = error.message;
    });
    whenClosed(socket, () => this.#onClose());
    if (!socket.destroyed) this.#reading.resume();
  }

  get capacity(): number {
    return this.#isSpent || this.#exchange !== undefined ? 0 : 1;
  }

  get openExchanges(): number {
    return this.#exchange === undefined ? 0 : 1;
  }

  get isSpent(): boolean {
    return this.#isSpent;
  }

  open(exchange: Exchange): void {
    const { request } = exchange;
    this.#exchange = exchange;
    this.#unaccepted = 0;
    this.#trailers = undefined;
    this.#untakenBefore = this.#untaken;
    const framing = requestFraming(request);
    this.#decoder.head.headers = exchange.response.headers;
    this.#decoder.expect(request.method, request.upgrade !== '');
    if (!writeRequestHead(this.#writer, request, framing)) {
      this.destroy(protocolViolation('the request cannot be said in HTTP/1'));
      return;
    }
    this.#body.begin(framing, request.contentLength);
    exchange.attach(this);
  }

  drain(): void {
    this.#isSpent = true;
    if (this.#exchange === undefined) this.destroy(aborts.drain);
  }

  destroy(cause: AbortCause): void {
    this.#closeReason = cause.detail;
    this.#fail(cause);
    this.#socket.destroy();
  }

  sweep(nowMs: number): void {
    if (this.#exchange !== undefined) this.#idleSinceMs = nowMs;
    else if (nowMs - this.#idleSinceMs > this.#options.limits.idleTimeoutMs) this.destroy(aborts.noLongerNeeded);
  }

  // ---- UpstreamStream ------------------------------------------------------------------------------------------

  sendData(bytes: Buffer): void {
    this.#untaken += bytes.length;
    if (!this.#body.data(bytes)) this.destroy(protocolViolation('the request is longer than it declared'));
  }

  sendEnd(trailers: HeaderList | undefined): void {
    if (!this.#body.end(trailers)) this.destroy(protocolViolation('the request is shorter than it declared'));
    else if (this.#isTunnel) this.#endTunnel();
  }

  /** An exchange cannot be taken back from the middle of a connection: the connection ends with it. */
  abort(cause: AbortCause): void {
    this.#exchange = undefined;
    this.#closeReason = cause.detail;
    this.#spend();
    this.#socket.destroy();
  }

  credit(bytes: number): void {
    this.#unaccepted -= bytes;
    if (this.#isPaused && this.#unaccepted < this.#options.limits.http1.windowBytes) this.#writer.schedule();
  }

  #endTunnel(): void {
    this.#writer.end();
    if (this.#isResponseEnded) this.#exchange = undefined;
  }

  // ---- reading -------------------------------------------------------------------------------------------------

  #onData(bytes: Buffer): void {
    this.#decoder.push(bytes);
    this.#pull();
  }

  #onLent(bytes: Buffer): void {
    this.#onData(bytes);
    this.#decoder.keepPending();
  }

  #onEnd(): void {
    this.#decoder.finish();
    this.#spend();
    this.#pull();
    // Between exchanges a server that leaves is no news; with one open, the decoder has told what its end means.
    if (this.#exchange === undefined) this.#writer.end();
  }

  #pull(): void {
    const { windowBytes } = this.#options.limits.http1;
    const reading = this.#reading;
    while (reading.isOpen && this.#unaccepted < windowBytes && this.#handle(this.#decoder.next())) continue;
    const mustPause = this.#unaccepted >= windowBytes;
    if (mustPause === this.#isPaused || !reading.isOpen) return;
    this.#isPaused = mustPause;
    if (mustPause) reading.pause();
    else reading.resume();
  }

  /** @returns false when there is nothing more to pull for now */
  #handle(event: Http1Event): boolean {
    const decoder = this.#decoder;
    const exchange = this.#exchange;
    if (event === Http1Event.needMore) return false;
    if (event === Http1Event.error) {
      this.destroy(protocolViolation(`the response is malformed: ${decoder.error?.text ?? 'unknown'}`));
      return false;
    }
    if (exchange === undefined) return false;
    switch (event) {
      case Http1Event.interim:
        stripConnectionFields(decoder.head);
        exchange.onInformational(decoder.head.status, decoder.head.headers);
        break;
      case Http1Event.head:
        this.#onHead(exchange);
        break;
      case Http1Event.body:
      case Http1Event.tunnel:
        this.#unaccepted += decoder.data.length;
        exchange.onResponseData(decoder.data);
        break;
      case Http1Event.trailers:
        this.#trailers = new HeaderList();
        this.#trailers.copyFrom(decoder.trailers);
        break;
      case Http1Event.end:
        this.#forget(exchange);
        exchange.onResponseEnd(this.#trailers);
        this.#offer();
        break;
      case Http1Event.closed:
        if (this.#isTunnel) this.#onTunnelEnd(exchange);
        else this.destroy(aborts.connectionLost);
        return false;
    }
    return true;
  }

  #onHead(exchange: Exchange): void {
    const { response, request } = exchange;
    takeResponse(this.#decoder.head, response);
    this.#mayKeep = this.#decoder.head.isKeepAlive && request.version !== '1.0';
    this.#isTunnel = response.status === 101 || (request.isConnect && response.status < 300);
    if (this.#isTunnel) {
      this.#mayKeep = false;
      this.#body.begin('tunnel', -1);
      exchange.onResponseHead();
    } else if (response.hasBody) {
      exchange.onResponseHead();
    } else {
      // The end event of a message without a body says nothing new.
      this.#decoder.next();
      this.#forget(exchange);
      exchange.onResponseHead();
      this.#offer();
    }
  }

  /** The server has ended its side of a tunnel; the client may go on. */
  #onTunnelEnd(exchange: Exchange): void {
    if (this.#isResponseEnded) return;
    this.#isResponseEnded = true;
    if (exchange.isRequestEnded) this.#forget(exchange);
    exchange.onResponseEnd(undefined);
  }

  // ---- ends ----------------------------------------------------------------------------------------------------

  /** Before the exchange is told of its end: afterwards its record may serve another request. */
  #forget(exchange: Exchange): void {
    this.#exchange = undefined;
    if (!this.#mayKeep || !exchange.isRequestEnded) this.#spend();
  }

  /** After the exchange's end: the connection is free for the next one, or ends. */
  #offer(): void {
    this.#idleSinceMs = this.#options.clock.nowMs();
    // A body in answer to HEAD, say, which its client may have chosen: it must not answer the next request.
    if (this.#decoder.pendingBytes > 0) this.destroy(protocolViolation('the server sent bytes behind its response'));
    else if (this.#isSpent) this.#writer.end();
    else this.#options.onCapacity();
  }

  #spend(): void {
    if (this.#isSpent) return;
    this.#isSpent = true;
    this.#options.onCapacity();
  }

  #fail(cause: AbortCause): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#spend();
    exchange?.onResponseAborted(cause);
  }

  #onTaken(bytes: number): void {
    this.#untaken -= bytes;
    const before = Math.min(bytes, this.#untakenBefore);
    this.#untakenBefore -= before;
    if (bytes > before) this.#exchange?.onRequestAccepted(bytes - before);
  }

  #onClose(): void {
    this.#options.sweeper.remove(this);
    this.#fail(aborts.connectionLost);
    this.#options.onClose(this.#closeReason);
  }
}
