/**
 * HTTP/2 frames from bytes (RFC 9113 sections 4 and 6), pulled: `push` a chunk, then call `next` until it answers
 * `needMore`. Fields are valid until the following call. The decoder knows frames and header blocks, not streams: what a
 * frame means for its stream is the connection's affair.
 *
 * DATA is never copied: `bytes` is the chunk that was pushed. A frame that came in parts is put together in a buffer of
 * its own, as is a header block of several frames; both are bounded.
 */
import { Http2Event } from './event.ts';
import { type Http2Fault, type Http2FaultName, http2Fault } from './fault.ts';
import { clientPreface, defaultMaxFrameBytes, Flag, FrameType, frameHeaderBytes, maxStreamId } from './protocol.ts';

export interface FrameDecoderLimits {
  /** Our SETTINGS_MAX_FRAME_SIZE. */
  readonly maxFrameBytes: number;
  /** Encoded size of a header block over all its frames. */
  readonly maxBlockBytes: number;
  /** CONTINUATION frames of one header block. */
  readonly maxContinuations: number;
}

export const defaultFrameDecoderLimits: FrameDecoderLimits = {
  maxFrameBytes: defaultMaxFrameBytes,
  maxBlockBytes: 65_536,
  maxContinuations: 16,
};

const empty = Buffer.alloc(0);
const keptBytes = 256;

export class Http2FrameDecoder {
  streamId = 0;
  isEndStream = false;
  /** Where `start` and `end` point: the chunk, or a buffer of the decoder's that the next call may reuse. */
  bytes: Buffer = empty;
  start = 0;
  end = 0;
  flowBytes = 0;
  /** The part of `flowBytes` that is not content. */
  paddingBytes = 0;
  errorCode = 0;
  lastStreamId = 0;
  increment = 0;
  /** Set once and for all when `next` answers `error`. */
  fault: Http2Fault | undefined = undefined;

  readonly #limits: FrameDecoderLimits;
  #chunk: Buffer = empty;
  #at = 0;
  /** Octets of the client preface still to come. */
  #prefaceLeft: number;
  #isSettingsNext = true;
  /** A frame (or the part of it that is needed at once) that did not come in one chunk. */
  #held: Buffer = empty;
  #heldLength = 0;
  /** Octets to pass over: padding, or the payload of an ignored frame. */
  #skipLeft = 0;
  /** What is left of a DATA frame, without padding. */
  #dataLeft = 0;
  #dataPadding = 0;
  #dataStream = 0;
  #dataEndsStream = false;
  /** A piece of the current DATA frame has been reported. */
  #isDataBegun = false;
  /** A header block that awaits CONTINUATION; 0 when none does. */
  #blockStream = 0;
  #blockEndsStream = false;
  #block: Buffer = empty;
  #blockLength = 0;
  #continuations = 0;

  /** @param isServer whether the peer is a client, which sends the preface first */
  constructor(isServer: boolean, limits: FrameDecoderLimits = defaultFrameDecoderLimits) {
    this.#prefaceLeft = isServer ? clientPreface.length : 0;
    this.#limits = limits;
  }

  /** Takes the next chunk; only when `next` has answered `needMore`. The chunk must not be changed afterwards. */
  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length && this.fault === undefined) throw new Error('push before next() said needMore');
    this.#chunk = chunk;
    this.#at = 0;
    // A frame that came in parts may have been large; an idle connection need not keep room for the next one.
    if (this.#heldLength === 0 && this.#held.length > keptBytes) this.#held = empty;
  }

  /** Part of a frame that is not DATA, or of a header block, has come: what a peer must not take forever over. */
  get isHolding(): boolean {
    return this.#heldLength > 0 || this.#blockStream !== 0 || this.#prefaceLeft > 0;
  }

  next(): Http2Event {
    if (this.fault !== undefined) return Http2Event.error;
    if (this.#prefaceLeft > 0 && !this.#readPreface()) {
      return this.fault === undefined ? Http2Event.needMore : Http2Event.error;
    }
    for (;;) {
      if (this.#skipLeft > 0 && !this.#skip()) return Http2Event.needMore;
      if (this.#dataLeft > 0) return this.#dataPiece();
      const chunk = this.#chunk;
      const at = this.#at;
      let event: Http2Event;
      if (this.#heldLength === 0 && chunk.length - at >= frameHeaderBytes) {
        const needed = this.#needed(chunk, at);
        if (needed === 0) return Http2Event.error;
        if (chunk.length - at < needed) return this.#hold(needed);
        this.#at = at + needed;
        event = this.#frame(chunk, at);
      } else {
        if (!this.#fill(frameHeaderBytes)) return Http2Event.needMore;
        const needed = this.#needed(this.#held, 0);
        if (needed === 0) return Http2Event.error;
        if (!this.#fill(needed)) return Http2Event.needMore;
        this.#heldLength = 0;
        event = this.#frame(this.#held, 0);
      }
      if (event !== Http2Event.needMore) return event;
    }
  }

  #fail(name: Http2FaultName): typeof Http2Event.error {
    this.fault = http2Fault(name);
    this.#chunk = empty;
    this.#held = empty;
    this.#block = empty;
    return Http2Event.error;
  }

  #readPreface(): boolean {
    while (this.#prefaceLeft > 0 && this.#at < this.#chunk.length) {
      if (this.#chunk[this.#at] !== clientPreface[clientPreface.length - this.#prefaceLeft]) {
        this.#fail('bad-preface');
        return false;
      }
      this.#at++;
      this.#prefaceLeft--;
    }
    return this.#prefaceLeft === 0;
  }

  #skip(): boolean {
    const skipped = Math.min(this.#skipLeft, this.#chunk.length - this.#at);
    this.#at += skipped;
    this.#skipLeft -= skipped;
    return this.#skipLeft === 0;
  }

  /** Copies the rest of the chunk, which is less than `needed`. */
  #hold(needed: number): typeof Http2Event.needMore {
    this.#fill(needed);
    return Http2Event.needMore;
  }

  /** Brings `#held` to `needed` octets as far as the chunk reaches; true when they are there. */
  #fill(needed: number): boolean {
    const missing = needed - this.#heldLength;
    if (missing <= 0) return true;
    const taken = Math.min(missing, this.#chunk.length - this.#at);
    if (taken > 0) {
      if (this.#held.length < needed) {
        // Small steps while only a head is known; all that is needed once the length is.
        const grown = Buffer.allocUnsafe(Math.max(needed, 64));
        this.#held.copy(grown, 0, 0, this.#heldLength);
        this.#held = grown;
      }
      this.#chunk.copy(this.#held, this.#heldLength, this.#at, this.#at + taken);
      this.#heldLength += taken;
      this.#at += taken;
    }
    return taken === missing;
  }

  /**
   * Judges a frame by its nine octets at `at`. Returns how many octets from there must be at hand before `#frame` may be
   * called, or 0 after a fault.
   */
  #needed(bytes: Buffer, at: number): number {
    const length = lengthAt(bytes, at);
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    if (length > this.#limits.maxFrameBytes) return this.#refuse('frame-too-large');
    if (this.#isSettingsNext && (type !== FrameType.settings || (flags & Flag.ack) !== 0)) {
      return this.#refuse('settings-not-first');
    }
    const streamId = uint31(bytes, at + 5);
    if (this.#blockStream !== 0) {
      if (type !== FrameType.continuation || streamId !== this.#blockStream) return this.#refuse('interrupted-block');
    } else if (type === FrameType.continuation) {
      return this.#refuse('unexpected-continuation');
    }
    const fault = judge(type, flags, length, streamId);
    if (fault !== undefined) return this.#refuse(fault);
    if (type === FrameType.data) return frameHeaderBytes + ((flags & Flag.padded) === 0 ? 0 : 1);
    if (type === FrameType.priority || type > FrameType.continuation) return frameHeaderBytes;
    return frameHeaderBytes + length;
  }

  #refuse(name: Http2FaultName): 0 {
    this.#fail(name);
    return 0;
  }

  /** Takes in the frame at `at`, of which as much is at hand as `#needed` said. `needMore`: nothing to report. */
  #frame(bytes: Buffer, at: number): Http2Event {
    const length = lengthAt(bytes, at);
    const flags = bytes[at + 4] as number;
    this.streamId = uint31(bytes, at + 5);
    this.bytes = bytes;
    this.start = at + frameHeaderBytes;
    this.end = this.start + length;
    this.isEndStream = false;
    switch (bytes[at + 3] as number) {
      case FrameType.data:
        return this.#beginData(flags, length);
      case FrameType.headers:
        return this.#headers(flags);
      case FrameType.continuation:
        return this.#continuation(flags);
      case FrameType.rstStream:
        this.errorCode = uint32(bytes, this.start);
        return Http2Event.rstStream;
      case FrameType.settings:
        this.#isSettingsNext = false;
        return (flags & Flag.ack) === 0 ? Http2Event.settings : Http2Event.settingsAck;
      case FrameType.ping:
        return (flags & Flag.ack) === 0 ? Http2Event.ping : Http2Event.pingAck;
      case FrameType.goaway:
        this.lastStreamId = uint31(bytes, this.start);
        this.errorCode = uint32(bytes, this.start + 4);
        this.start += 8;
        return Http2Event.goaway;
      case FrameType.windowUpdate:
        this.increment = uint31(bytes, this.start);
        return Http2Event.windowUpdate;
      default:
        this.#skipLeft = length;
        return Http2Event.ignored;
    }
  }

  #beginData(flags: number, length: number): Http2Event {
    let content = length;
    let padding = 0;
    if ((flags & Flag.padded) !== 0) {
      padding = this.bytes[this.start] as number;
      content = length - 1 - padding;
      if (content < 0) return this.#fail('bad-padding');
    }
    this.flowBytes = length;
    this.paddingBytes = length - content;
    this.#dataLeft = content;
    this.#dataPadding = padding;
    this.#dataStream = this.streamId;
    this.#dataEndsStream = (flags & Flag.endStream) !== 0;
    return content === 0 ? this.#emptyData() : Http2Event.needMore;
  }

  #emptyData(): Http2Event {
    this.#skipLeft = this.#dataPadding;
    this.isEndStream = this.#dataEndsStream;
    this.end = this.start;
    return Http2Event.data;
  }

  #dataPiece(): Http2Event {
    const at = this.#at;
    const available = this.#chunk.length - at;
    if (available === 0) return Http2Event.needMore;
    const taken = Math.min(available, this.#dataLeft);
    this.streamId = this.#dataStream;
    this.bytes = this.#chunk;
    this.start = at;
    this.end = at + taken;
    this.#at = at + taken;
    this.#dataLeft -= taken;
    if (this.#isDataBegun) {
      this.flowBytes = 0;
      this.paddingBytes = 0;
    }
    const isLast = this.#dataLeft === 0;
    this.#isDataBegun = !isLast;
    this.isEndStream = isLast && this.#dataEndsStream;
    if (isLast) this.#skipLeft = this.#dataPadding;
    return Http2Event.data;
  }

  #headers(flags: number): Http2Event {
    if ((flags & Flag.padded) !== 0) {
      this.end -= this.bytes[this.start++] as number;
    }
    if ((flags & Flag.priority) !== 0) this.start += 5;
    if (this.end < this.start) return this.#fail('bad-padding');
    const endsStream = (flags & Flag.endStream) !== 0;
    if (this.end - this.start > this.#limits.maxBlockBytes) return this.#fail('block-too-large');
    if ((flags & Flag.endHeaders) !== 0) {
      this.isEndStream = endsStream;
      return Http2Event.headers;
    }
    this.#blockStream = this.streamId;
    this.#blockEndsStream = endsStream;
    this.#blockLength = 0;
    this.#continuations = 0;
    this.#addToBlock();
    return Http2Event.needMore;
  }

  #continuation(flags: number): Http2Event {
    if (++this.#continuations > this.#limits.maxContinuations) return this.#fail('too-many-continuations');
    if (this.#blockLength + this.end - this.start > this.#limits.maxBlockBytes) return this.#fail('block-too-large');
    this.#addToBlock();
    if ((flags & Flag.endHeaders) === 0) return Http2Event.needMore;
    this.#blockStream = 0;
    this.isEndStream = this.#blockEndsStream;
    this.bytes = this.#block;
    this.start = 0;
    this.end = this.#blockLength;
    // The caller holds it until the next call; a block of this size is too rare to keep room for.
    this.#block = empty;
    return Http2Event.headers;
  }

  #addToBlock(): void {
    const length = this.#blockLength + this.end - this.start;
    if (length > this.#block.length) {
      const grown = Buffer.allocUnsafe(Math.min(length * 2, this.#limits.maxBlockBytes));
      this.#block.copy(grown, 0, 0, this.#blockLength);
      this.#block = grown;
    }
    this.bytes.copy(this.#block, this.#blockLength, this.start, this.end);
    this.#blockLength = length;
  }
}

/** What is wrong with a frame by its head alone. */
const judge = (type: number, flags: number, length: number, streamId: number): Http2FaultName | undefined => {
  switch (type) {
    case FrameType.data:
    case FrameType.headers: {
      if (streamId === 0) return 'bad-stream-id';
      const padding = (flags & Flag.padded) === 0 ? 0 : 1;
      const priority = type === FrameType.headers && (flags & Flag.priority) !== 0 ? 5 : 0;
      return length < padding + priority ? 'bad-frame-length' : undefined;
    }
    case FrameType.priority:
      return streamId === 0 ? 'bad-stream-id' : length === 5 ? undefined : 'bad-frame-length';
    case FrameType.rstStream:
      return streamId === 0 ? 'bad-stream-id' : length === 4 ? undefined : 'bad-frame-length';
    case FrameType.settings:
      if (streamId !== 0) return 'bad-stream-id';
      return length % 6 === 0 && (length === 0 || (flags & Flag.ack) === 0) ? undefined : 'bad-frame-length';
    case FrameType.pushPromise:
      return 'push-promise';
    case FrameType.ping:
      return streamId !== 0 ? 'bad-stream-id' : length === 8 ? undefined : 'bad-frame-length';
    case FrameType.goaway:
      return streamId !== 0 ? 'bad-stream-id' : length >= 8 ? undefined : 'bad-frame-length';
    case FrameType.windowUpdate:
      return length === 4 ? undefined : 'bad-frame-length';
    default:
      return undefined;
  }
};

const lengthAt = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);

const uint32 = (bytes: Buffer, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;

/** 31 bits: the top one is reserved and ignored (section 4.1). */
const uint31 = (bytes: Buffer, at: number): number => uint32(bytes, at) & maxStreamId;
