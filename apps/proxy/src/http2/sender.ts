/**
 * The sending half of an HTTP/2 connection: frames into the output, DATA under flow control (RFC 9113 section 5.2).
 * Data that may not go out yet stays in its stream's queue. A stream that could send but for the connection's window or
 * a full output waits its turn in `#ready`; turns are one frame long, so that streams share the connection evenly.
 */
import { isLent, ownBytes } from '@heddle/transport';
import type { HeaderList } from '@heddle/wire';
import { tableSizeZero } from '@heddle/wire/hpack';
import {
  defaultMaxFrameBytes,
  defaultWindowBytes,
  encodeFrameHeader,
  encodeGoaway,
  encodeHeaders,
  encodePing,
  encodeRstStream,
  encodeSettingsAck,
  encodeWindowUpdate,
  Flag,
  FrameType,
  frameHeaderBytes,
  goawayFrameBytes,
  type Http2RequestHead,
  type Http2ResponseHead,
  headersBound,
  PeerSettings,
  pingFrameBytes,
  requestBlock,
  responseBlock,
  SendWindow,
  shortFrameBytes,
  trailersBlock,
} from '@heddle/wire/http2';
import { slabBytes } from '../http1/slab.ts';
import { type Output, queuedOfProcess } from './output.ts';
import type { Http2Stream } from './stream.ts';

/** A frame that fits into a slab with its head. */
const largestFrameBytes = slabBytes - frameHeaderBytes;
/** Bodies from this size on are not copied into the slab, unless their memory is only lent. */
const copyBelowBytes = 4096;

export class Sender {
  readonly output: Output;
  readonly peer: PeerSettings = new PeerSettings();
  readonly window: SendWindow = new SendWindow(defaultWindowBytes);
  readonly #maxQueuedBytes: number;
  #ready: Http2Stream[] = [];
  #isPumping = false;
  readonly #frame = { streamId: 0, isEndStream: false, maxFrameBytes: defaultMaxFrameBytes };
  #resetsTable = true;
  /** DATA frames sent since the last question: each may rightly be answered by WINDOW_UPDATE. */
  #dataFrames = 0;

  constructor(output: Output, maxQueuedBytes: number) {
    this.output = output;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  /** The socket takes less than is being sent: DATA waits. */
  get isCongested(): boolean {
    return this.output.queuedBytes >= this.#maxQueuedBytes;
  }

  takeDataFrames(): number {
    const count = this.#dataFrames;
    this.#dataFrames = 0;
    return count;
  }

  // ---- heads ---------------------------------------------------------------------------------------------------

  requestHead(streamId: number, head: Http2RequestHead, isEndStream: boolean): void {
    this.#headers(streamId, requestBlock(this.#blockStart(), head), isEndStream);
  }

  responseHead(streamId: number, head: Http2ResponseHead, isEndStream: boolean): void {
    this.#headers(streamId, responseBlock(this.#blockStart(), head), isEndStream);
  }

  /** The peer changed its table size: the next block says again that we use none (RFC 9113 section 4.3.1). */
  resetTable(): void {
    this.#resetsTable = true;
  }

  #blockStart(): string {
    if (!this.#resetsTable) return '';
    this.#resetsTable = false;
    return tableSizeZero;
  }

  #headers(streamId: number, block: string, isEndStream: boolean): void {
    const frame = this.#frame;
    frame.streamId = streamId;
    frame.isEndStream = isEndStream;
    const out = this.output.reserve(headersBound(block));
    this.output.at = encodeHeaders(out, this.output.at, block, frame);
  }

  // ---- bodies --------------------------------------------------------------------------------------------------

  data(stream: Http2Stream, bytes: Buffer): void {
    if (stream.queue.length === 0 && this.#ready.length === 0 && this.#allowance(stream) >= bytes.length) {
      this.#writeData(stream, bytes, bytes.length);
      return;
    }
    stream.queue.push(ownedForLong(bytes));
    stream.queuedBytes += bytes.length;
    queuedOfProcess.bytes += bytes.length;
    this.#makeReady(stream);
  }

  /** Ends this side of the stream, behind what is queued. */
  end(stream: Http2Stream, trailers: HeaderList | undefined): void {
    stream.isEndQueued = true;
    stream.queuedTrailers = trailers;
    if (stream.queue.length === 0) this.#writeEnd(stream);
  }

  /** Sends what windows and the socket allow. */
  pump(): void {
    const ready = this.#ready;
    if (ready.length === 0 || this.#isPumping) return;
    this.#isPumping = true;
    let turn = 0;
    while (turn < ready.length && this.window.available > 0 && !this.isCongested) {
      const stream = ready[turn++] as Http2Stream;
      // A stream that closed meanwhile, and perhaps serves another id, is not ready.
      if (!stream.isReady) continue;
      this.#sendTurn(stream);
      if (stream.queue.length > 0 && stream.sendWindow.available > 0) ready.push(stream);
      else stream.isReady = false;
    }
    this.#ready = ready.slice(turn);
    this.#isPumping = false;
  }

  /** The stream's window grew. */
  windowGrew(stream: Http2Stream): void {
    if (stream.queue.length > 0) this.#makeReady(stream);
  }

  #makeReady(stream: Http2Stream): void {
    if (stream.isReady || stream.sendWindow.available <= 0) return;
    stream.isReady = true;
    this.#ready.push(stream);
    this.pump();
  }

  #sendTurn(stream: Http2Stream): void {
    const first = stream.queue[0];
    if (first === undefined) return;
    const allowed = Math.min(this.#allowance(stream), this.peer.maxFrameBytes, largestFrameBytes);
    if (allowed <= 0) return;
    const taken = Math.min(first.length, allowed);
    stream.queuedBytes -= taken;
    queuedOfProcess.bytes -= taken;
    if (first.length > allowed) {
      stream.queue[0] = first.subarray(allowed);
      this.#writeData(stream, first.subarray(0, allowed), allowed);
      return;
    }
    stream.queue.shift();
    this.#writeData(stream, first, first.length);
    if (stream.queue.length === 0 && stream.isEndQueued) this.#writeEnd(stream);
  }

  #allowance(stream: Http2Stream): number {
    return this.isCongested ? 0 : Math.min(stream.sendWindow.available, this.window.available);
  }

  /** Writes the whole of `bytes`, which the windows allow, as one DATA frame or several. */
  #writeData(stream: Http2Stream, bytes: Buffer, length: number): void {
    stream.sendWindow.consume(length);
    this.window.consume(length);
    const most = Math.min(this.peer.maxFrameBytes, largestFrameBytes);
    for (let from = 0; from < length; from += most) {
      const to = Math.min(from + most, length);
      this.#writeFrame(stream, from === 0 && to === length ? bytes : bytes.subarray(from, to));
    }
  }

  #writeFrame(stream: Http2Stream, bytes: Buffer): void {
    const { output } = this;
    const { length } = bytes;
    stream.sentFrames++;
    this.#dataFrames++;
    const isCopied = length < copyBelowBytes || isLent(bytes);
    const out = output.reserve(isCopied ? frameHeaderBytes + length : frameHeaderBytes);
    stream.dataFlagsAt = output.at + 4;
    stream.dataSerial = output.serial;
    output.at = encodeFrameHeader(out, output.at, length, FrameType.data, 0, stream.id);
    output.owe(stream, length);
    if (isCopied) {
      bytes.copy(out, output.at);
      output.at += length;
    } else {
      output.append(bytes);
    }
  }

  #writeEnd(stream: Http2Stream): void {
    const trailers = stream.queuedTrailers;
    stream.queuedTrailers = undefined;
    stream.isLocalEnded = true;
    const { output } = this;
    if (trailers !== undefined && trailers.size > 0) {
      this.#headers(stream.id, trailersBlock(this.#blockStart(), trailers), true);
    } else if (stream.dataSerial === output.serial) {
      // The last DATA frame is still in the slab: it becomes the end.
      output.current[stream.dataFlagsAt] = Flag.endStream;
    } else {
      const out = output.reserve(frameHeaderBytes);
      output.at = encodeFrameHeader(out, output.at, 0, FrameType.data, Flag.endStream, stream.id);
    }
    stream.onLocalEnd();
  }

  // ---- everything else -----------------------------------------------------------------------------------------

  reset(streamId: number, http2Code: number): void {
    this.output.at = encodeRstStream(this.output.reserve(shortFrameBytes), this.output.at, streamId, http2Code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.output.at = encodeWindowUpdate(this.output.reserve(shortFrameBytes), this.output.at, streamId, increment);
  }

  settingsAck(): void {
    this.output.at = encodeSettingsAck(this.output.reserve(frameHeaderBytes), this.output.at);
  }

  /** Sends the eight octets at `opaque[from]`. */
  ping(isAck: boolean, opaque: Buffer, from: number): void {
    this.output.at = encodePing(this.output.reserve(pingFrameBytes), this.output.at, isAck, opaque, from);
  }

  goaway(lastStreamId: number, http2Code: number): void {
    this.output.at = encodeGoaway(this.output.reserve(goawayFrameBytes), this.output.at, lastStreamId, http2Code);
  }
}

/** A small view that has to wait is copied, so that it does not keep a whole chunk alive. */
const ownedForLong = (bytes: Buffer): Buffer =>
  bytes.length * 4 < bytes.buffer.byteLength ? Buffer.from(bytes) : ownBytes(bytes);
