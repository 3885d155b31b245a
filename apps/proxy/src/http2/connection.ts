/** What both ends of an HTTP/2 connection do with the frames that come in (RFC 9113 sections 5 and 6). */
import { HeaderList } from '@heddle/wire';
import { type FieldSink, HpackDecoder } from '@heddle/wire/hpack';
import {
  classifyField,
  defaultFrameDecoderLimits,
  Http2Event,
  Http2FrameDecoder,
  TrailerReader,
} from '@heddle/wire/http2';
import { aborts, peerReset } from '../http/abort.ts';
import type { ConnectionOptions } from '../http/stream.ts';
import { Http2Endpoint, keepAlivePing } from './endpoint.ts';
import type { Http2Stream } from './stream.ts';

export const drainPing: Buffer = Buffer.from('hdldrain', 'latin1');

const discard: FieldSink = { field: () => undefined };

export abstract class Http2Connection<Stream extends Http2Stream> extends Http2Endpoint<Stream> {
  protected readonly decoder: Http2FrameDecoder;
  readonly #hpack: HpackDecoder;
  readonly #trailerReader = new TrailerReader();

  protected constructor(options: ConnectionOptions, isServer: boolean) {
    super(options, isServer);
    const { maxHeadBytes, maxHeaderFields } = options.limits;
    this.decoder = new Http2FrameDecoder(isServer, { ...defaultFrameDecoderLimits, maxBlockBytes: maxHeadBytes });
    this.#hpack = new HpackDecoder({ maxListSize: maxHeadBytes, maxFields: maxHeaderFields }, classifyField);
  }

  /** A header block came on a stream that is not open; must decode it. */
  protected abstract onNewHeaders(streamId: number): void;
  /** A header block came on an open stream; must decode it. */
  protected abstract onHeaders(stream: Stream): void;
  protected abstract onGoaway(lastStreamId: number, http2Code: number): void;
  /** The PING that `drainPing` is the payload of was answered. */
  protected abstract onDrainPing(): void;
  /** Whether this stream, which is not open, never was; else it has closed. */
  protected abstract isIdle(streamId: number): boolean;

  protected override receive(chunk: Buffer): void {
    const { decoder } = this;
    decoder.push(chunk);
    let hasCompleted = false;
    for (;;) {
      const event = decoder.next();
      if (event === Http2Event.needMore) break;
      hasCompleted = true;
      this.#handle(event);
      if (this.isClosed) return;
    }
    this.liveness.read(this.nowMs, hasCompleted, decoder.isHolding);
  }

  #handle(event: Http2Event): void {
    const { decoder } = this;
    switch (event) {
      case Http2Event.data:
        this.#data();
        break;
      case Http2Event.headers:
        this.#headers();
        break;
      case Http2Event.windowUpdate:
        this.#windowUpdate(decoder.streamId, decoder.increment);
        break;
      case Http2Event.rstStream:
        this.#rstStream(decoder.streamId, decoder.errorCode);
        break;
      case Http2Event.settings:
        this.#settings();
        break;
      case Http2Event.settingsAck:
        this.#settingsAck();
        break;
      case Http2Event.ping:
        if (this.countControl()) this.sender.ping(true, decoder.bytes, decoder.start);
        break;
      case Http2Event.pingAck:
        this.#pingAck();
        break;
      case Http2Event.goaway:
        if (this.countControl()) this.onGoaway(decoder.lastStreamId, decoder.errorCode);
        break;
      case Http2Event.ignored:
        this.countControl();
        break;
      case Http2Event.error:
        if (decoder.fault !== undefined) this.fail(decoder.fault.name);
        break;
      case Http2Event.needMore:
        break;
    }
  }

  #data(): void {
    const { decoder } = this;
    const { streamId, flowBytes, isEndStream } = decoder;
    const length = decoder.end - decoder.start;
    if (flowBytes > 0 && !this.#connectionReceives(flowBytes)) return;
    if (length === 0 && !isEndStream && !this.countControl()) return;
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.onAbsent(streamId);
      return;
    }
    if (stream.isRemoteEnded) {
      this.streamFault(stream, 'stream-closed');
      return;
    }
    if (flowBytes > 0 && !stream.receiveWindow.receive(flowBytes)) {
      this.streamFault(stream, 'window-exceeded');
      return;
    }
    if (decoder.paddingBytes > 0) stream.credit(decoder.paddingBytes);
    const fault = stream.takeLength(length, isEndStream);
    if (fault !== undefined) {
      this.streamFault(stream, fault);
      return;
    }
    if (length > 0) stream.onData(decoder.bytes.subarray(decoder.start, decoder.end));
    if (isEndStream && stream.id === streamId) this.remoteEnd(stream, undefined);
  }

  /** Counts against the connection's window, which is given back on receipt: no stream may stop the others. */
  #connectionReceives(flowBytes: number): boolean {
    const { window } = this;
    if (!window.receive(flowBytes)) {
      this.fail('connection-window-exceeded');
      return false;
    }
    window.credit(flowBytes);
    const increment = window.takeIncrement();
    if (increment > 0) this.sender.windowUpdate(0, increment);
    return true;
  }

  /** DATA or HEADERS came on a stream that is not open. */
  protected onAbsent(streamId: number): void {
    if (this.isIdle(streamId)) this.fail('idle-stream');
    else if (!this.recentResets.mayInclude(streamId)) this.fail('closed-stream');
  }

  #headers(): void {
    const { streamId } = this.decoder;
    const stream = this.streams.get(streamId);
    if (stream === undefined) this.onNewHeaders(streamId);
    else this.onHeaders(stream);
  }

  /** Decodes the current header block into `sink`. After `failed` the connection has ended. */
  protected decodeBlock(sink: FieldSink): 'ok' | 'too-large' | 'failed' {
    const { decoder } = this;
    const result = this.#hpack.decode(decoder.bytes, decoder.start, decoder.end, sink);
    if (result === 'ok' || result === 'too-large') return result;
    this.fail('bad-compression');
    return 'failed';
  }

  /** A header block for nobody: HPACK must see it all the same. */
  protected skipBlock(): void {
    this.decodeBlock(discard);
  }

  /** The current block is the trailers of `stream`. */
  protected readTrailers(stream: Stream): void {
    const trailers = new HeaderList();
    const reader = this.#trailerReader;
    reader.begin(trailers);
    const result = this.decodeBlock(reader);
    if (result === 'failed') return;
    const fault = reader.finish();
    if (stream.isRemoteEnded) this.streamFault(stream, 'stream-closed');
    else if (result === 'too-large') this.streamFault(stream, 'fields-too-large');
    else if (!this.decoder.isEndStream) this.streamFault(stream, 'bad-trailers');
    else if (fault !== undefined) this.streamFault(stream, fault);
    else if (stream.takeLength(0, true) !== undefined) this.streamFault(stream, 'bad-content-length');
    else this.remoteEnd(stream, trailers);
  }

  /** The peer has ended its side of the stream. */
  protected remoteEnd(stream: Stream, trailers: HeaderList | undefined): void {
    const { id } = stream;
    stream.isRemoteEnded = true;
    stream.onEnd(trailers);
    if (stream.id === id && stream.isLocalEnded) this.closeStream(stream);
  }

  #windowUpdate(streamId: number, increment: number): void {
    const { sender } = this;
    // Each DATA frame of ours may rightly be answered on the stream and on the connection.
    this.control.refund(sender.takeDataFrames() * 2);
    if (!this.countControl()) return;
    if (streamId === 0) {
      if (increment === 0) this.fail('zero-connection-increment');
      else if (!sender.window.adjust(increment)) this.fail('connection-window-overflow');
      else sender.pump();
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.isIdle(streamId)) this.fail('idle-stream');
    } else if (increment === 0) this.streamFault(stream, 'zero-increment');
    else if (!stream.sendWindow.adjust(increment)) this.streamFault(stream, 'window-overflow');
    else sender.windowGrew(stream);
  }

  #rstStream(streamId: number, http2Code: number): void {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.breakStream(stream, this.isServer ? aborts.clientGone : peerReset(http2Code));
    else if (this.isIdle(streamId)) this.fail('idle-stream');
    this.countReset();
  }

  #settings(): void {
    if (!this.countControl()) return;
    const { decoder, sender } = this;
    const { peer } = sender;
    const { initialWindowBytes, headerTableSize } = peer;
    const fault = peer.apply(decoder.bytes, decoder.start, decoder.end, !this.isServer);
    if (fault !== undefined) {
      this.fail(fault);
      return;
    }
    this.liveness.hasPeerSettings = true;
    if (peer.headerTableSize !== headerTableSize) sender.resetTable();
    sender.settingsAck();
    if (this.#moveWindows(peer.initialWindowBytes - initialWindowBytes)) this.onCapacityChange();
  }

  /** The peer changed the initial size of stream windows: the open ones move by as much (section 6.9.2). */
  #moveWindows(change: number): boolean {
    if (change === 0) return true;
    for (const stream of this.streams.values()) {
      if (!stream.sendWindow.adjust(change)) {
        this.fail('bad-initial-window');
        return false;
      }
      if (change > 0) this.sender.windowGrew(stream);
    }
    return true;
  }

  #settingsAck(): void {
    const { liveness } = this;
    if (liveness.unackedSettings === 0) {
      this.fail('unexpected-settings-ack');
      return;
    }
    liveness.unackedSettings--;
    this.#hpack.setTableLimit(0);
  }

  #pingAck(): void {
    const { bytes, start, end } = this.decoder;
    const isOf = (payload: Buffer): boolean => payload.compare(bytes, start, end) === 0;
    if (isOf(drainPing)) this.onDrainPing();
    else if (!isOf(keepAlivePing) || !this.liveness.pingAnswered()) this.countControl();
  }
}
