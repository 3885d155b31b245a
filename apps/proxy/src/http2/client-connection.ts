/** The client's end of an HTTP/2 connection: exchanges are sent to a server over streams that we open. */
import { type Http2FaultName, maxStreamId, ResponseHeadReader } from '@heddle/wire/http2';
import { aborts, http2Codes, peerReset } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ResponseHead } from '../http/head.ts';
import type { ClientConnection, ClientConnectionOptions } from '../http/stream.ts';
import { ClientStream } from './client-stream.ts';
import { Http2Connection } from './connection.ts';

/** Streams opened before the server has said how many it takes. */
const streamsBeforeSettings = 100;

const refused = peerReset(http2Codes.refusedStream);

/** Speaks HTTP/2 to the server on a socket that is connected or about to be. */
export class Http2ClientConnection extends Http2Connection<ClientStream> implements ClientConnection {
  readonly #onCapacity: () => void;
  readonly #reader = new ResponseHeadReader();
  #nextStreamId = 1;
  #hadCapacity = true;
  #saidSpent = false;

  constructor(options: ClientConnectionOptions) {
    super(options, false);
    this.#onCapacity = options.onCapacity;
    this.start();
  }

  get capacity(): number {
    if (this.isSpent) return 0;
    const { maxConcurrentStreams } = this.limits.http2;
    const offered = this.liveness.hasPeerSettings ? this.sender.peer.maxConcurrentStreams : streamsBeforeSettings;
    return Math.max(0, Math.min(offered, maxConcurrentStreams) - this.streams.size);
  }

  get isSpent(): boolean {
    return this.isGoingAway || this.isClosed || this.#nextStreamId > maxStreamId;
  }

  open(exchange: Exchange): void {
    if (this.capacity === 0) throw new Error('open() needs capacity');
    const { request } = exchange;
    const stream = this.openStream(this.#nextStreamId);
    this.#nextStreamId += 2;
    stream.begin(exchange);
    this.sender.requestHead(stream.id, request, !request.hasBody);
    stream.isEndQueued = !request.hasBody;
    stream.isLocalEnded = !request.hasBody;
    this.#hadCapacity = this.capacity > 0;
    exchange.attach(stream);
  }

  /** Takes no more exchanges and closes when the open ones have ended. */
  drain(): void {
    if (this.isGoingAway) return;
    this.isGoingAway = true;
    this.finishWhenIdle();
    this.onCapacityChange();
  }

  protected override newStream(): ClientStream {
    return new ClientStream(this);
  }

  /** We take no streams from a server. */
  protected override get lastTakenStream(): number {
    return 0;
  }

  protected override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.#nextStreamId;
  }

  protected override onNewHeaders(streamId: number): void {
    this.skipBlock();
    if (!this.isClosed) this.onAbsent(streamId);
  }

  protected override onHeaders(stream: ClientStream): void {
    if (stream.hasHead) {
      this.readTrailers(stream);
      return;
    }
    const { exchange } = stream;
    if (exchange === undefined) {
      this.skipBlock();
      return;
    }
    const { response } = exchange;
    const reader = this.#reader;
    reader.begin(response);
    const result = this.decodeBlock(reader);
    const headFault = reader.finish();
    if (result === 'failed') return;
    const fault = result === 'too-large' ? 'fields-too-large' : (headFault ?? this.#lengthFault(stream, response));
    if (fault !== undefined) {
      response.reset();
      this.streamFault(stream, fault);
    } else if (response.status < 200) {
      exchange.onInformational(response.status, response.headers);
      response.reset();
    } else {
      this.#final(stream, response);
    }
  }

  /** What is wrong with a valid head in view of the end of the stream, which comes with it or not. */
  #lengthFault(stream: ClientStream, response: ResponseHead): Http2FaultName | undefined {
    if (!this.decoder.isEndStream) return undefined;
    if (response.status < 200) return 'bad-status';
    return response.contentLength > 0 && !isBodiless(stream, response) ? 'bad-content-length' : undefined;
  }

  #final(stream: ClientStream, response: ResponseHead): void {
    const { id } = stream;
    const { isEndStream } = this.decoder;
    const hasNoBody = isBodiless(stream, response);
    stream.hasHead = true;
    stream.isRemoteEnded = isEndStream;
    stream.lengthLeft = hasNoBody ? 0 : response.contentLength;
    response.hasBody = !isEndStream && !hasNoBody;
    stream.onHead();
    if (stream.id === id && stream.isRemoteEnded && stream.isLocalEnded) this.closeStream(stream);
  }

  /** The server is leaving: streams above `lastStreamId` were not looked at and may be repeated elsewhere. */
  protected override onGoaway(lastStreamId: number): void {
    this.isGoingAway = true;
    for (const stream of this.streams.values()) if (stream.id > lastStreamId) this.breakStream(stream, refused);
    this.finishWhenIdle();
    this.onCapacityChange();
  }

  /** We drain without asking. */
  protected override onDrainPing(): void {
    this.countControl();
  }

  protected override onCapacityChange(): void {
    if (this.isSpent) {
      if (this.#saidSpent) return;
      this.#saidSpent = true;
    } else {
      const hasCapacity = this.capacity > 0;
      const grew = hasCapacity && !this.#hadCapacity;
      this.#hadCapacity = hasCapacity;
      if (!grew) return;
    }
    this.#onCapacity();
  }

  protected override sweepStreams(nowMs: number): void {
    for (const stream of this.streams.values()) {
      if (stream.isAbandoned) this.resetStream(stream, http2Codes.cancel);
      if (!this.isStreamStalled(stream, nowMs)) continue;
      this.sender.reset(stream.id, aborts.timeout.http2Code);
      this.recentResets.add(stream.id);
      this.breakStream(stream, aborts.timeout);
    }
  }
}

/** Responses without content, whatever their head declares (RFC 9110 section 6.4.1). */
const isBodiless = (stream: ClientStream, response: ResponseHead): boolean =>
  stream.isToHead || response.status === 204 || response.status === 304;
