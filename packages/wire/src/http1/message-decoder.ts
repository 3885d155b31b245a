/**
 * What request and response decoding share: input, heads, bodies, trailers, tunnels. Pulled: `push` hands over a
 * chunk, each `next` finds one event in what was pushed, and not calling `next` is backpressure.
 *
 *        ┌────────────────────────── end ◄──────────────────────────────┐
 *        ▼                                                              │
 *      head ──► sized ────────────────────────────────────────────────►─┤
 *        ├────► chunk line ◄──► chunk data, chunk end ──► trailers ────►┤
 *        ├────► until close ───────────────────────────────────────────►┘
 *        └────► tunnel                              (fault: any ──► failed)
 */
import { HeaderList } from '../header-list.ts';
import { readLatin1 } from '../latin1.ts';
import { ChunkLineReader } from './chunk-line.ts';
import { type Http1Error, type Http1ErrorCode, http1Error } from './error.ts';
import { Http1Event } from './event.ts';
import { appendScannedFields, mostFields, type ScanFault, scanFields } from './field-scanner.ts';
import { BodyLength, type MessageHead } from './head.ts';
import { defaultHttp1Limits, type Http1Limits } from './limits.ts';
import { SectionCollector, type SectionLimits } from './section-collector.ts';
import { decodeTrailers } from './trailers.ts';

const State = {
  head: 0,
  sized: 1,
  chunkLine: 2,
  chunkData: 3,
  chunkEnd: 4,
  trailers: 5,
  ending: 6,
  untilClose: 7,
  tunnel: 8,
  /** The next message may not be read yet: an upgrade is undecided. */
  held: 9,
  /** The last message said that no other follows: what comes is dropped. */
  draining: 10,
  closed: 11,
  failed: 12,
} as const;

const CR = 13;
const LF = 10;
const noData: Buffer = Buffer.alloc(0);

export abstract class MessageDecoder {
  /** The head last decoded; refilled by the next one. */
  abstract readonly head: MessageHead;
  /** Octets of the last `body` or `tunnel` event: a view of a pushed chunk, valid as long as the chunk is. */
  data: Buffer = noData;
  /** Fields of the last `trailers` event. */
  readonly trailers: HeaderList = new HeaderList();
  /** Set once `next` returned `error`. */
  error: Http1Error | undefined;

  protected readonly limits: Http1Limits;
  readonly #headLimits: SectionLimits;
  readonly #trailerLimits: SectionLimits;
  readonly #section = new SectionCollector();
  readonly #chunkLine = new ChunkLineReader();
  #state: number = State.head;
  #chunk: Buffer = noData;
  #at = 0;
  #queue: Buffer[] = [];
  #hasEnded = false;
  /** Octets left of a sized body or of a chunk; in `chunkEnd`, of its CRLF. */
  #left = 0;

  constructor(limits: Partial<Http1Limits> = {}) {
    this.limits = { ...defaultHttp1Limits, ...limits };
    const { maxHeadBytes, maxStartLineBytes, maxHeaderCount, maxTrailerBytes, maxTrailerCount } = this.limits;
    if (maxHeaderCount > mostFields || maxTrailerCount > mostFields) {
      throw new RangeError(`at most ${mostFields} fields may be allowed, not ${maxHeaderCount} and ${maxTrailerCount}`);
    }
    this.#headLimits = {
      maxBytes: maxHeadBytes,
      maxStartLineBytes,
      maxLines: maxHeaderCount + 1,
      tooLarge: 'head-too-large',
    };
    this.#trailerLimits = {
      maxBytes: maxTrailerBytes,
      maxStartLineBytes: 0,
      maxLines: maxTrailerCount,
      tooLarge: 'trailers-too-large',
    };
  }

  /**
   * Hands over octets of the peer. The chunk must not be changed until everything in it was pulled. May be called
   * before earlier chunks were pulled; `pendingBytes` says how much that has piled up.
   */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#at < this.#chunk.length || this.#queue.length > 0) this.#queue.push(chunk);
    else {
      this.#chunk = chunk;
      this.#at = 0;
    }
  }

  /** Copies what was pushed and not yet pulled, whose memory is the caller's again when this returns. */
  keepPending(): void {
    const last = this.#queue.length - 1;
    // All before the last chunk was kept when it was the last.
    if (last >= 0) this.#queue[last] = Buffer.from(this.#queue[last] as Buffer);
    else if (this.#at < this.#chunk.length) {
      this.#chunk = Buffer.from(this.#chunk.subarray(this.#at));
      this.#at = 0;
    }
  }

  /** Says that the peer will send no more. */
  finish(): void {
    this.#hasEnded = true;
  }

  /** Octets pushed and not yet pulled. */
  get pendingBytes(): number {
    let pending = this.#chunk.length - this.#at;
    for (const chunk of this.#queue) pending += chunk.length;
    return pending;
  }

  /** True between messages with nothing of the next one received: the connection may be closed or reused. */
  get isIdle(): boolean {
    return this.#state === State.head && this.#at >= this.#chunk.length && this.#section.end === this.#section.start;
  }

  /** Finds the next event. After `closed` and `error` the answer stays. */
  next(): Http1Event {
    for (;;) {
      if (this.#state === State.failed) return Http1Event.error;
      if (this.#state === State.closed) return Http1Event.closed;
      if (this.#state === State.ending) return this.#end();
      if (this.#at >= this.#chunk.length && !this.#advance())
        return this.#hasEnded ? this.#atEnd() : Http1Event.needMore;
      const event = this.#step();
      if (event >= 0) return event as Http1Event;
    }
  }

  /**
   * Decodes the start line at `start` into the head without making strings of it yet.
   * @returns the position after it, or a fault.
   */
  protected abstract scanStartLine(buffer: Buffer, start: number): number | ScanFault;

  /**
   * Fills the head from the scanned start line and the appended fields, `bodyLength` included.
   * @param text Latin-1 text of the head
   * @param base position of the first char of `text` in the scanned buffer
   */
  protected abstract finishHead(text: string, base: number): Http1ErrorCode | undefined;

  /** The event for the head just decoded. */
  protected abstract headEvent(): Http1Event;

  /** A fault if no message may start now. */
  protected abstract mayStart(): Http1ErrorCode | undefined;

  /** True if the octets after this message belong to nobody until `resume` or `startTunnel`. */
  protected abstract mustHold(): boolean;

  /** Treats everything that follows the current message as tunnel octets. */
  protected startTunnelNow(): void {
    if (this.#state === State.held) this.#state = State.tunnel;
  }

  /** Goes on with the next message after a hold. */
  protected resumeNow(): void {
    if (this.#state === State.held) this.#state = this.head.isKeepAlive ? State.head : State.draining;
  }

  /** One step with at least one octet at hand; -1 to go round again. */
  #step(): number {
    switch (this.#state) {
      case State.head:
        return this.#readHead();
      case State.sized:
      case State.chunkData:
        return this.#readSized();
      case State.chunkLine:
        return this.#readChunkLine();
      case State.chunkEnd:
        return this.#readChunkEnd();
      case State.trailers:
        return this.#readTrailers();
      case State.untilClose:
        this.#takeData(this.#chunk.length);
        return Http1Event.body;
      case State.tunnel:
        this.#takeData(this.#chunk.length);
        return Http1Event.tunnel;
      case State.draining:
        this.#at = this.#chunk.length;
        return -1;
      default:
        return Http1Event.needMore; // held
    }
  }

  #readHead(): number {
    const unexpected = this.mayStart();
    if (unexpected !== undefined) return this.#fail(unexpected);
    if (this.#section.end === 0) {
      const start = this.#skipEmptyLine();
      const headEnd = this.#scanHead(this.#chunk, start);
      if (typeof headEnd === 'number' && headEnd - this.#at <= this.limits.maxHeadBytes) {
        return this.#decodeHead(this.#chunk, start, headEnd);
      }
    }
    // Incomplete, or faulty: gather it, and judge it once it is complete, so that the verdict does not depend on splits.
    this.#at = this.#section.take(this.#chunk, this.#at, this.#headLimits);
    if (this.#section.fault !== undefined) return this.#fail(this.#section.fault);
    if (!this.#section.isComplete) return -1;
    const { buffer, start, end } = this.#section;
    const head = buffer.subarray(0, end);
    const headEnd = this.#scanHead(head, start);
    this.#section.reset();
    if (typeof headEnd === 'number') return this.#decodeHead(head, start, headEnd);
    return this.#fail(headEnd === 'incomplete' ? 'bad-field-value' : headEnd);
  }

  /** RFC 9112 §2.2: one empty line before a start line is ignored. */
  #skipEmptyLine(): number {
    const at = this.#at;
    return this.#chunk[at] === CR && this.#chunk[at + 1] === LF ? at + 2 : at;
  }

  #scanHead(buffer: Buffer, start: number): number | ScanFault {
    const fieldsStart = this.scanStartLine(buffer, start);
    if (typeof fieldsStart === 'string') return fieldsStart;
    if (fieldsStart - 2 - start > this.limits.maxStartLineBytes) return 'start-line-too-long';
    return scanFields(buffer, fieldsStart, this.limits.maxHeaderCount);
  }

  #decodeHead(buffer: Buffer, start: number, end: number): number {
    const { head } = this;
    const text = readLatin1(buffer, start, end);
    head.headers.reset();
    appendScannedFields(text, start, head.headers);
    if (buffer === this.#chunk) this.#at = end;
    const fault = this.finishHead(text, start);
    if (fault !== undefined) return this.#fail(fault);
    const event = this.headEvent();
    if (event === Http1Event.head) this.#beginBody();
    return event;
  }

  #beginBody(): void {
    const { bodyLength } = this.head;
    if (bodyLength > 0) {
      this.#left = bodyLength;
      this.#state = State.sized;
    } else if (bodyLength === BodyLength.chunked) {
      this.#chunkLine.reset();
      this.#state = State.chunkLine;
    } else if (bodyLength === BodyLength.untilClose) this.#state = State.untilClose;
    else if (bodyLength === BodyLength.tunnel) this.#state = State.tunnel;
    else this.#state = State.ending;
  }

  #readSized(): number {
    const end = Math.min(this.#chunk.length, this.#at + this.#left);
    this.#left -= end - this.#at;
    this.#takeData(end);
    if (this.#left === 0) {
      const isChunk = this.#state === State.chunkData;
      this.#state = isChunk ? State.chunkEnd : State.ending;
      if (isChunk) this.#left = 2;
    }
    return Http1Event.body;
  }

  #readChunkLine(): number {
    const line = this.#chunkLine;
    this.#at = line.read(this.#chunk, this.#at, this.limits);
    if (line.fault !== undefined) return this.#fail(line.fault);
    if (!line.isComplete) return -1;
    this.#left = line.size;
    this.#state = line.size === 0 ? State.trailers : State.chunkData;
    line.beginLine();
    return -1;
  }

  #readChunkEnd(): number {
    if (this.#chunk[this.#at++] !== (this.#left === 2 ? CR : LF)) return this.#fail('bad-chunk-end');
    if (--this.#left === 0) this.#state = State.chunkLine;
    return -1;
  }

  #readTrailers(): number {
    this.#at = this.#section.take(this.#chunk, this.#at, this.#trailerLimits);
    if (this.#section.fault !== undefined) return this.#fail(this.#section.fault);
    if (!this.#section.isComplete) return -1;
    const block = this.#section.buffer.subarray(0, this.#section.end);
    this.#section.reset();
    this.#state = State.ending;
    if (block.length === 2) return -1;

    const fault = decodeTrailers(block, this.limits.maxTrailerCount, this.trailers);
    if (fault !== undefined) return this.#fail(fault);
    return Http1Event.trailers;
  }

  #end(): Http1Event {
    if (this.mustHold()) this.#state = State.held;
    else this.#state = this.head.isKeepAlive ? State.head : State.draining;
    return Http1Event.end;
  }

  /** What the end of input means here. */
  #atEnd(): Http1Event {
    if (this.#state === State.untilClose) {
      this.#state = State.draining;
      return Http1Event.end;
    }
    const isBetween = this.#state === State.head && this.#section.end === this.#section.start;
    if (isBetween || this.#state === State.draining || this.#state === State.tunnel) {
      this.#state = State.closed;
      return Http1Event.closed;
    }
    if (this.#state === State.held) return Http1Event.needMore;
    this.#fail('truncated');
    return Http1Event.error;
  }

  #fail(code: Http1ErrorCode): number {
    this.#state = State.failed;
    this.error = http1Error(code);
    this.#chunk = noData;
    this.#at = 0;
    this.#queue = [];
    this.#section.reset();
    return Http1Event.error;
  }

  #takeData(end: number): void {
    const chunk = this.#chunk;
    this.data = this.#at === 0 && end === chunk.length ? chunk : chunk.subarray(this.#at, end);
    this.#at = end;
  }

  /** Makes the next pushed chunk the current one. */
  #advance(): boolean {
    const next = this.#queue.length > 0 ? this.#queue.shift() : undefined;
    this.#chunk = next ?? noData;
    this.#at = 0;
    return next !== undefined;
  }
}
