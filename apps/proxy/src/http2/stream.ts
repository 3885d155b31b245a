/**
 * One stream of an HTTP/2 connection, either side (RFC 9113 section 5.1). A stream is a slot: when it has closed it
 * serves another id. What an end does with its exchange is in `server-stream.ts` and `client-stream.ts`.
 *
 * ```
 *           isRemoteEnded                     isLocalEnded (END_STREAM written; `isEndQueued` before that)
 *   open ──────────────────► half closed ◄──────────────────── open
 *                                 └────────── both, or a reset ─────────► closed: id 0, slot free
 * ```
 */
import type { HeaderList } from '@heddle/wire';
import { defaultWindowBytes, type Http2FaultName, ReceiveWindow, SendWindow } from '@heddle/wire/http2';
import type { AbortCause } from '../http/abort.ts';
import { type BodyOwner, queuedOfProcess } from './output.ts';
import type { Sender } from './sender.ts';

/** What a stream asks of its connection. */
export interface StreamHost {
  readonly sender: Sender;
  /** Ends the stream with RST_STREAM and frees the slot. */
  resetStream(stream: Http2Stream, http2Code: number): void;
  /** The stream has ended both ways: frees the slot. */
  closeStream(stream: Http2Stream): void;
}

export abstract class Http2Stream implements BodyOwner {
  /** 0 while the slot is free. */
  id = 0;
  isRemoteEnded = false;
  isLocalEnded = false;
  /** The end is to be sent behind what is queued. */
  isEndQueued = false;
  /** Data that waits for a window or for the socket, oldest first; bounded by the credit of whoever produces it. */
  readonly queue: Buffer[] = [];
  queuedBytes = 0;
  queuedTrailers: HeaderList | undefined = undefined;
  /** In the sender's list of streams that may send. */
  isReady = false;
  /** Where the flags of the last DATA frame are, while they can still be changed (see `Output.serial`). */
  dataFlagsAt = -1;
  dataSerial = -1;
  /** Grows when data is sent; a sweep that finds it unchanged beside a queue has found a stalled stream. */
  sentFrames = 0;
  stalledSinceMs = -1;
  sentFramesAtSweep = 0;
  /** Declared body octets yet to come, -1 when none were declared. */
  lengthLeft = -1;
  readonly sendWindow: SendWindow = new SendWindow(0);
  readonly receiveWindow: ReceiveWindow = new ReceiveWindow(defaultWindowBytes);

  protected readonly host: StreamHost;

  constructor(host: StreamHost) {
    this.host = host;
  }

  /** Begins a new life of the slot. */
  occupy(id: number, sendBytes: number, receiveBytes: number, tolerated: number): void {
    this.id = id;
    this.isRemoteEnded = false;
    this.isLocalEnded = false;
    this.isEndQueued = false;
    this.isReady = false;
    this.dataSerial = -1;
    this.stalledSinceMs = -1;
    this.lengthLeft = -1;
    this.sendWindow.available = sendBytes;
    this.receiveWindow.reset(receiveBytes, tolerated);
  }

  /** Ends the life of the slot; what was queued is dropped. */
  vacate(): void {
    this.id = 0;
    this.isReady = false;
    queuedOfProcess.bytes -= this.queuedBytes;
    this.queuedBytes = 0;
    if (this.queue.length > 0) this.queue.length = 0;
    this.queuedTrailers = undefined;
  }

  // ---- what the exchange calls ---------------------------------------------------------------------------------

  sendData(bytes: Buffer): void {
    if (this.id !== 0 && !this.isEndQueued && bytes.length > 0) this.host.sender.data(this, bytes);
  }

  sendEnd(trailers: HeaderList | undefined): void {
    if (this.id !== 0 && !this.isEndQueued) this.host.sender.end(this, trailers);
  }

  credit(bytes: number): void {
    if (this.id === 0 || this.isRemoteEnded) return;
    this.receiveWindow.credit(bytes);
    const increment = this.receiveWindow.takeIncrement();
    if (increment > 0) this.host.sender.windowUpdate(this.id, increment);
  }

  // ---- what the connection calls -------------------------------------------------------------------------------

  abstract accepted(bytes: number): void;
  /** Body bytes came; never empty. */
  abstract onData(bytes: Buffer): void;
  /** The peer ended its side; `isRemoteEnded` is set. */
  abstract onEnd(trailers: HeaderList | undefined): void;
  /** END_STREAM has been written; `isLocalEnded` is set. */
  abstract onLocalEnd(): void;
  /** The stream ended before its time and the slot is free already: tells the exchange. */
  abstract onBroken(cause: AbortCause): void;

  /** Counts body bytes against a declared length. */
  takeLength(bytes: number, isEnd: boolean): Http2FaultName | undefined {
    if (this.lengthLeft < 0) return undefined;
    this.lengthLeft -= bytes;
    return this.lengthLeft < 0 || (isEnd && this.lengthLeft > 0) ? 'bad-content-length' : undefined;
  }
}
