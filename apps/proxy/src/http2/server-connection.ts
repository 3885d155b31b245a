/** The server's end of an HTTP/2 connection: a client of ours opens streams, each becomes an exchange. */
import { ErrorCode, maxStreamId, RequestHeadReader } from '@heddle/wire/http2';
import { aborts } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import type { HttpService, ServerConnection, ServerConnectionOptions } from '../http/stream.ts';
import { drainPing, Http2Connection } from './connection.ts';
import { ServerStream } from './server-stream.ts';

/** How long the PING between the two GOAWAYs of a graceful end may take. */
const drainPingTimeoutMs = 1_000;

/** Serves HTTP/2 on a socket whose first bytes are the client preface. */
export class Http2ServerConnection extends Http2Connection<ServerStream> implements ServerConnection {
  readonly service: HttpService;
  readonly #reader = new RequestHeadReader();
  #lastStreamId = 0;
  /** When the first GOAWAY of a graceful end was sent; -1 before, Infinity after the second. */
  #drainingSinceMs = -1;
  #idleSinceMs: number;
  #openedAtSweep = 0;

  constructor(options: ServerConnectionOptions) {
    super(options, true);
    this.service = options.service;
    this.#idleSinceMs = this.nowMs;
    this.start();
  }

  forEachExchange(visit: (exchange: Exchange) => void): void {
    for (const stream of this.streams.values()) if (stream.exchange.isOpen) visit(stream.exchange);
  }

  /**
   * Graceful end (RFC 9113 section 6.8): a GOAWAY that still takes every stream and a PING; when that is answered, all
   * streams the client had opened without knowing have come, and the second GOAWAY names the last one.
   */
  drain(): void {
    if (this.#drainingSinceMs >= 0 || this.isClosed) return;
    this.#drainingSinceMs = this.nowMs;
    this.sender.goaway(maxStreamId, ErrorCode.noError);
    this.sender.ping(false, drainPing, 0);
  }

  protected override onDrainPing(): void {
    if (this.#drainingSinceMs < 0 || this.#drainingSinceMs === Number.POSITIVE_INFINITY) {
      this.countControl();
      return;
    }
    this.#drainingSinceMs = Number.POSITIVE_INFINITY;
    this.isGoingAway = true;
    this.sender.goaway(this.#lastStreamId, ErrorCode.noError);
    this.finishWhenIdle();
  }

  protected override newStream(): ServerStream {
    return new ServerStream(this, this.service);
  }

  protected override get lastTakenStream(): number {
    return this.#lastStreamId;
  }

  protected override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > this.#lastStreamId;
  }

  protected override onNewHeaders(streamId: number): void {
    if (streamId % 2 === 0) {
      this.fail('bad-stream-id');
      return;
    }
    if (streamId <= this.#lastStreamId) {
      this.skipBlock();
      this.onAbsent(streamId);
      return;
    }
    if (this.isGoingAway) {
      // Behind the last stream that GOAWAY named: the client knows that nobody looks at it.
      this.skipBlock();
      return;
    }
    this.#lastStreamId = streamId;
    if (this.streams.size >= this.limits.http2.maxConcurrentStreams || this.isOverloaded) {
      this.skipBlock();
      if (!this.isClosed) this.refuseStream(streamId, 'too-many-streams');
      return;
    }
    this.#readRequest(this.openStream(streamId));
  }

  #readRequest(stream: ServerStream): void {
    const { exchange } = stream;
    const { request } = exchange;
    const reader = this.#reader;
    reader.begin(request);
    const result = this.decodeBlock(reader);
    if (result === 'failed') return;
    const { isEndStream } = this.decoder;
    const headFault = reader.finish();
    const fault =
      result === 'too-large'
        ? 'fields-too-large'
        : (headFault ?? (isEndStream && request.contentLength > 0 ? 'bad-content-length' : undefined));
    if (fault !== undefined) {
      request.reset();
      this.streamFault(stream, fault);
      return;
    }
    request.version = '2';
    request.hasBody = !isEndStream;
    stream.isRemoteEnded = isEndStream;
    stream.lengthLeft = request.contentLength;
    exchange.begin(this.nowMs);
  }

  /** The only header block that may follow the first is the trailers. */
  protected override onHeaders(stream: ServerStream): void {
    this.readTrailers(stream);
  }

  /** A client that is leaving: what it has opened is answered, and it closes. */
  protected override onGoaway(): void {}

  protected override onCapacityChange(): void {}

  protected override sweepStreams(nowMs: number): void {
    const { service } = this;
    for (const stream of this.streams.values()) {
      const { exchange } = stream;
      if (exchange.isOpen && exchange.deadlineMs <= nowMs) service.overdue(exchange);
      if (this.isStreamStalled(stream, nowMs)) this.#breakStalled(stream);
    }
    if (this.#drainingSinceMs >= 0 && nowMs - this.#drainingSinceMs >= drainPingTimeoutMs) this.onDrainPing();
    this.#sweepIdle(nowMs);
  }

  /** The client has not taken anything of the response for long. The exchange may have handed all of it over already. */
  #breakStalled(stream: ServerStream): void {
    if (stream.exchange.isOpen) stream.exchange.abort(aborts.timeout);
    else this.resetStream(stream, aborts.timeout.http2Code);
  }

  #sweepIdle(nowMs: number): void {
    if (this.streams.size > 0 || this.openedStreams !== this.#openedAtSweep) {
      this.#openedAtSweep = this.openedStreams;
      this.#idleSinceMs = nowMs;
    } else if (nowMs - this.#idleSinceMs >= this.limits.idleTimeoutMs) {
      this.drain();
    }
  }
}
