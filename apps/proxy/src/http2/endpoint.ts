/**
 * One end of an HTTP/2 connection without its frames: the socket, the open streams, faults and budgets, time, the end.
 * `connection.ts` adds the frames that come in, `server-connection.ts` and `client-connection.ts` what opens streams.
 */
import type { Duplex } from 'node:stream';
import type { Clock, Sweepable } from '@heddle/runtime';
import { lendReads } from '@heddle/transport';
import {
  clientPreface,
  defaultWindowBytes,
  ErrorCode,
  encodeSettings,
  type Http2FaultName,
  http2Fault,
  ReceiveWindow,
  SettingId,
} from '@heddle/wire/http2';
import { type AbortCause, aborts, protocolViolation } from '../http/abort.ts';
import { inOneTick } from '../http/end-of-tick.ts';
import type { HttpLimits } from '../http/limits.ts';
import type { ConnectionOptions } from '../http/stream.ts';
import { Budget } from './budget.ts';
import { Liveness } from './liveness.ts';
import { Output, queuedOfProcess } from './output.ts';
import { RecentResets } from './recent-resets.ts';
import { Sender } from './sender.ts';
import type { Http2Stream, StreamHost } from './stream.ts';

/** Closed slots kept for the next streams. */
const maxFreeSlots = 128;
/** How long a peer may take to close its side after our GOAWAY. */
const closeGraceMs = 2_000;
/**
 * Heads and answers are not under flow control. A peer that makes us send them and does not read is cut off when this
 * many times `maxQueuedBytes` are waiting.
 */
const hardQueueFactor = 4;

export const keepAlivePing: Buffer = Buffer.from('hdlalive', 'latin1');

export abstract class Http2Endpoint<Stream extends Http2Stream> implements StreamHost, Sweepable {
  readonly sender: Sender;
  protected readonly limits: HttpLimits;
  protected readonly streams: Map<number, Stream> = new Map();
  protected readonly isServer: boolean;
  /** What the peer may still send on the connection. */
  protected readonly window: ReceiveWindow;
  protected readonly control: Budget;
  protected readonly liveness: Liveness;
  protected readonly recentResets: RecentResets = new RecentResets();
  /** The monotonic time of the current read or sweep. */
  protected nowMs: number;
  /** No stream will be opened any more. */
  protected isGoingAway = false;
  /** Nothing is read or answered any more. */
  protected isClosed = false;
  /** Streams opened so far: shows activity without a clock. */
  protected openedStreams = 0;

  readonly #options: ConnectionOptions;
  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #output: Output;
  readonly #resets: Budget;
  readonly #free: Stream[] = [];
  #isSocketClosed = false;
  #closeReason = 'closed';
  #closeByMs = Number.POSITIVE_INFINITY;

  protected constructor(options: ConnectionOptions, isServer: boolean) {
    const { socket, limits, clock } = options;
    this.#options = options;
    this.#socket = socket;
    this.#clock = clock;
    this.limits = limits;
    this.isServer = isServer;
    this.nowMs = clock.nowMs();
    this.#output = new Output(socket, this.#onTaken);
    this.sender = new Sender(this.#output, limits.http2.maxQueuedBytes);
    this.window = new ReceiveWindow(limits.http2.connectionWindowBytes, defaultWindowBytes);
    this.#resets = options.resets ?? new Budget(limits.http2.maxResetsPerSecond, this.nowMs);
    this.control = new Budget(limits.http2.maxControlFramesPerSecond, this.nowMs);
    this.liveness = new Liveness(limits, this.nowMs);
  }

  /** Begins to speak and to listen; called once everything is constructed. */
  protected start(): void {
    this.#announce();
    const socket = this.#socket;
    if (!lendReads(socket, this.#onLent)) socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    this.#options.sweeper.add(this);
    if (socket.destroyed) process.nextTick(this.#onClose);
    else socket.resume();
  }

  get openExchanges(): number {
    return this.streams.size;
  }

  /** Ends everything at once. */
  destroy(cause: AbortCause): void {
    if (this.#isSocketClosed) return;
    this.#end(cause, cause.detail);
    this.#socket.destroy();
  }

  /** Takes in what was read. */
  protected abstract receive(chunk: Buffer): void;
  protected abstract newStream(): Stream;
  /** The id to name in GOAWAY: the last one of the peer's that was taken. */
  protected abstract readonly lastTakenStream: number;
  protected abstract sweepStreams(nowMs: number): void;
  /** A stream closed, the peer's settings changed, or no stream will be opened any more. */
  protected abstract onCapacityChange(): void;

  // ---- streams -------------------------------------------------------------------------------------------------

  protected openStream(id: number): Stream {
    const stream = this.#free.pop() ?? this.newStream();
    const window = this.limits.http2.initialStreamWindowBytes;
    const tolerated = this.liveness.unackedSettings > 0 ? Math.max(window, defaultWindowBytes) : window;
    stream.occupy(id, this.sender.peer.initialWindowBytes, window, tolerated);
    this.streams.set(id, stream);
    this.openedStreams++;
    return stream;
  }

  /** The stream has ended both ways, or its exchange has let go of it: frees the slot. */
  closeStream(stream: Http2Stream): void {
    const owned = this.#remove(stream);
    if (owned !== undefined) this.#release(owned);
  }

  /** Ends the stream with RST_STREAM; its exchange has let go of it. */
  resetStream(stream: Http2Stream, http2Code: number): void {
    if (stream.id === 0) return;
    this.#sayReset(stream.id, http2Code);
    this.closeStream(stream);
  }

  /** Ends the stream and tells its exchange why. */
  protected breakStream(stream: Stream, cause: AbortCause): void {
    if (this.#remove(stream) === undefined) return;
    // The slot is given out again only when the exchange knows: it may open a stream at once.
    stream.onBroken(cause);
    this.#release(stream);
  }

  /** Ends one stream for what the peer did wrong on it. Such resets count, since a peer can cause them at will. */
  protected streamFault(stream: Stream, name: Http2FaultName): void {
    const fault = http2Fault(name);
    this.#sayReset(stream.id, fault.code);
    this.breakStream(stream, protocolViolation(fault.text));
    this.countReset();
  }

  /** Refuses a stream that was not opened. */
  protected refuseStream(streamId: number, name: Http2FaultName): void {
    this.#sayReset(streamId, http2Fault(name).code);
    this.countReset();
  }

  protected countReset(): void {
    if (!this.#resets.take(this.nowMs)) this.fail('too-many-resets');
  }

  /** Counts a frame that moves nothing; false when that was one too many. */
  protected countControl(): boolean {
    if (this.control.take(this.nowMs)) return true;
    this.fail('too-many-control-frames');
    return false;
  }

  /** So much waits for this peer, or for all of them, to read that nothing new should be begun. */
  protected get isOverloaded(): boolean {
    const { maxQueuedBytes, maxQueuedBytesOfProcess } = this.limits.http2;
    return this.#output.queuedBytes > 2 * maxQueuedBytes || queuedOfProcess.bytes > maxQueuedBytesOfProcess;
  }

  #sayReset(streamId: number, http2Code: number): void {
    this.recentResets.add(streamId);
    if (!this.isClosed) this.sender.reset(streamId, http2Code);
  }

  #remove(stream: Http2Stream): Stream | undefined {
    const owned = this.streams.get(stream.id);
    if (owned === undefined) return undefined;
    this.streams.delete(stream.id);
    owned.vacate();
    return owned;
  }

  #release(stream: Stream): void {
    if (this.#free.length < maxFreeSlots) this.#free.push(stream);
    if (this.isGoingAway) this.finishWhenIdle();
    this.onCapacityChange();
  }

  // ---- the socket ----------------------------------------------------------------------------------------------

  /** The client preface, SETTINGS, and the rest of the connection's window (RFC 9113 section 3.4). */
  #announce(): void {
    const { http2, maxHeadBytes } = this.limits;
    const out = this.#output.reserve(256);
    let { at } = this.#output;
    if (!this.isServer) at += clientPreface.copy(out, at);
    const ofSide: readonly [number, number] = this.isServer
      ? [SettingId.maxConcurrentStreams, http2.maxConcurrentStreams]
      : [SettingId.enablePush, 0];
    this.#output.at = encodeSettings(out, at, [
      [SettingId.headerTableSize, 0],
      ofSide,
      [SettingId.initialWindowSize, http2.initialStreamWindowBytes],
      [SettingId.maxHeaderListSize, maxHeadBytes],
    ]);
    this.liveness.unackedSettings++;
    const increment = this.window.takeIncrement();
    if (increment > 0) this.sender.windowUpdate(0, increment);
  }

  /**
   * What a read of the mesh brought is answered, or sent on, at the end of that read: on a quiet machine the turn of the
   * event loop that would come first is a good part of the time that a request takes.
   */
  readonly #onLent = (chunk: Buffer): void => inOneTick(this.#onData, chunk);

  readonly #onData = (chunk: Buffer): void => {
    if (this.isClosed) return;
    this.nowMs = this.#clock.nowMs();
    this.receive(chunk);
    if (this.#output.queuedBytes > this.limits.http2.maxQueuedBytes * hardQueueFactor) this.#cutOff('stalled');
  };

  readonly #onTaken = (): void => {
    if (!this.isClosed) this.sender.pump();
  };

  readonly #onEnd = (): void => this.#end(this.#lost, 'the peer ended the connection');

  readonly #onError = (error: Error): void => this.#end(this.#lost, error.message);

  readonly #onClose = (): void => {
    if (this.#isSocketClosed) return;
    this.#isSocketClosed = true;
    this.#end(this.#lost, 'the connection was closed');
    this.#output.discard();
    this.#options.sweeper.remove(this);
    this.#options.onClose(this.#closeReason);
  };

  get #lost(): AbortCause {
    return this.isServer ? aborts.clientGone : aborts.connectionLost;
  }

  // ---- the end -------------------------------------------------------------------------------------------------

  /** The peer broke the protocol: GOAWAY, and no more of it. */
  protected fail(name: Http2FaultName): void {
    if (this.isClosed) return;
    const fault = http2Fault(name);
    this.sender.goaway(this.lastTakenStream, fault.code);
    this.#end(protocolViolation(fault.text), `${name}: ${fault.text} (RFC 9113 section ${fault.section})`);
  }

  /** Closes a connection that is going away once nothing is left to do on it. */
  protected finishWhenIdle(): void {
    if (this.isClosed || this.streams.size > 0) return;
    if (!this.isServer) this.sender.goaway(this.lastTakenStream, ErrorCode.noError);
    this.#end(aborts.drain, 'drained');
  }

  /** Sends what is written, ends the socket, breaks every stream. */
  #end(cause: AbortCause, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isGoingAway = true;
    this.#closeReason = reason;
    this.#closeByMs = this.#clock.nowMs() + closeGraceMs;
    this.#output.flush();
    if (!this.#socket.writableEnded) this.#socket.end();
    for (const stream of this.streams.values()) this.breakStream(stream, cause);
    this.onCapacityChange();
  }

  /** Ends a connection whose peer would not notice a polite end. */
  #cutOff(why: 'stalled' | 'ping-timeout'): void {
    this.#end(this.#lost, why === 'stalled' ? 'the peer does not read' : 'the peer does not answer PING');
    this.#socket.destroy();
  }

  // ---- time ----------------------------------------------------------------------------------------------------

  sweep(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.isClosed) {
      if (nowMs >= this.#closeByMs) this.#socket.destroy();
      return;
    }
    const { queuedBytes, takenFlushes } = this.#output;
    const verdict = this.liveness.judge(nowMs, queuedBytes, takenFlushes);
    if (verdict === 'stalled' || verdict === 'ping-timeout') this.#cutOff(verdict);
    else if (verdict === 'settings-timeout' || verdict === 'frame-timeout') this.fail(verdict);
    else this.sweepStreams(nowMs);
    if (verdict === 'ping-due') {
      this.liveness.pingSent(nowMs);
      this.sender.ping(false, keepAlivePing, 0);
    }
  }

  /** Whether data has waited in the stream's queue, and nothing of it went out, for too long. */
  protected isStreamStalled(stream: Stream, nowMs: number): boolean {
    if (stream.queue.length === 0 || stream.sentFrames !== stream.sentFramesAtSweep) {
      stream.sentFramesAtSweep = stream.sentFrames;
      stream.stalledSinceMs = -1;
      return false;
    }
    if (stream.stalledSinceMs < 0) stream.stalledSinceMs = nowMs;
    return nowMs - stream.stalledSinceMs >= this.limits.stalledTimeoutMs;
  }
}
