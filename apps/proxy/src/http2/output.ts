/**
 * What an HTTP/2 connection writes: frames collected in a slab during a tick and handed to the socket in one write.
 * Large bodies go by reference between pieces of the slab. A flush remembers which stream's body bytes it carried, and
 * reports them when the socket has taken them.
 *
 * ```
 *   reserve, append ──► [slab │ body │ slab …] ── flush ──► socket
 *                                              ◄── callback: slab back to the pool, body bytes accepted
 * ```
 */
import type { Duplex } from 'node:stream';
import { atEndOfTick } from '../http/end-of-tick.ts';
import { giveSlab, slabBytes, takeSlab } from '../http1/slab.ts';

/** A stream as its output sees it. */
export interface BodyOwner {
  /** Differs from the id that was recorded once the slot serves another stream. */
  readonly id: number;
  /** The socket has taken `bytes` of this stream's body. */
  accepted(bytes: number): void;
}

/**
 * What all HTTP/2 connections of the process hold for peers that have not taken it: queues of streams, and what sockets
 * were given.
 */
export const queuedOfProcess = { bytes: 0 };

/** Flush at once when this much is waiting. */
const flushAboveBytes = 64 * 1024;

/** One flush: what the socket has until its callback, and whose it is. Records are reused. */
class Batch {
  slab: Buffer | undefined;
  bytes = 0;
  count = 0;
  readonly owners: (BodyOwner | undefined)[] = [];
  readonly ids: number[] = [];
  readonly sizes: number[] = [];

  add(owner: BodyOwner, size: number): void {
    const last = this.count - 1;
    if (last >= 0 && this.owners[last] === owner && this.ids[last] === owner.id) {
      this.sizes[last] = (this.sizes[last] as number) + size;
      return;
    }
    this.owners[this.count] = owner;
    this.ids[this.count] = owner.id;
    this.sizes[this.count] = size;
    this.count++;
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.owners[i] = undefined;
    this.slab = undefined;
    this.bytes = 0;
    this.count = 0;
  }
}

export class Output {
  /** Where the next octet goes in the slab that `reserve` returned; whoever encodes moves it. */
  at = 0;
  /** Grows with every flush: what was written under another serial can no longer be changed. */
  serial = 0;

  readonly #socket: Duplex;
  readonly #onTaken: () => void;
  #slab: Buffer | undefined;
  #pieceStart = 0;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #batch = new Batch();
  #spare: Batch | undefined;
  readonly #inFlight: Batch[] = [];
  #inFlightBytes = 0;
  #isScheduled = false;
  #takenFlushes = 0;

  /** @param onTaken the socket has taken a flush; called after the streams have heard of their part */
  constructor(socket: Duplex, onTaken: () => void) {
    this.#socket = socket;
    this.#onTaken = onTaken;
  }

  /** Octets that the socket has not taken yet, flushed or not. */
  get queuedBytes(): number {
    return this.#inFlightBytes + this.#pieceBytes + this.at - this.#pieceStart;
  }

  /** How many flushes the socket has taken: stands still while the peer does not read. */
  get takenFlushes(): number {
    return this.#takenFlushes;
  }

  /** The buffer to encode into from `at` on, with room for `bytes`. A flush follows at the end of the tick. */
  reserve(bytes: number): Buffer {
    let slab = this.#slab;
    if (slab === undefined || slab.length - this.at < bytes) {
      this.flush();
      slab = bytes <= slabBytes ? takeSlab() : Buffer.allocUnsafeSlow(bytes);
      this.#slab = slab;
      this.#pieceStart = 0;
      this.at = 0;
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      atEndOfTick(this.#tick);
    }
    return slab;
  }

  /** The slab being filled; empty when there is none. Only for changing what was written under the current `serial`. */
  get current(): Buffer {
    return this.#slab ?? none;
  }

  /** Sends `bytes` by reference behind what is in the slab; they are the caller's no more. */
  append(bytes: Buffer): void {
    this.#closePiece();
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.length;
    if (this.#pieceBytes >= flushAboveBytes) this.flush();
  }

  /** Notes that what was just written holds `size` body bytes of `owner`. To be called before anything else is. */
  owe(owner: BodyOwner, size: number): void {
    this.#batch.add(owner, size);
  }

  /** Hands everything to the socket now. */
  flush(): void {
    this.#closePiece();
    const pieces = this.#pieces;
    const slab = this.#slab;
    this.#slab = undefined;
    this.#pieceStart = 0;
    this.at = 0;
    if (pieces.length === 0) {
      if (slab !== undefined) returnSlab(slab);
      return;
    }
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) {
      this.#dropPending();
      return;
    }
    this.serial++;
    this.#pieces = [];
    const batch = this.#batch;
    batch.slab = slab;
    batch.bytes = this.#pieceBytes;
    this.#batch = this.#spare ?? new Batch();
    this.#spare = undefined;
    this.#pieceBytes = 0;
    this.#inFlight.push(batch);
    this.#inFlightBytes += batch.bytes;
    queuedOfProcess.bytes += batch.bytes;
    if (pieces.length === 1) {
      socket.write(pieces[0], this.#taken);
      return;
    }
    const last = pieces.length - 1;
    socket.cork();
    for (let i = 0; i < last; i++) socket.write(pieces[i]);
    socket.write(pieces[last], this.#taken);
    socket.uncork();
  }

  /** Forgets everything: the socket has closed. */
  discard(): void {
    queuedOfProcess.bytes -= this.#inFlightBytes;
    this.#inFlightBytes = 0;
    this.#inFlight.length = 0;
    this.#dropPending();
  }

  #dropPending(): void {
    this.serial++;
    this.#slab = undefined;
    this.#pieceStart = 0;
    this.at = 0;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#batch.clear();
  }

  readonly #tick = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  /** A write's callback; writes are answered in order. After an error the connection ends and nothing here matters. */
  readonly #taken = (error?: Error | null): void => {
    const batch = this.#inFlight.shift();
    if (batch === undefined || (error !== undefined && error !== null)) return;
    this.#inFlightBytes -= batch.bytes;
    queuedOfProcess.bytes -= batch.bytes;
    this.#takenFlushes++;
    if (batch.slab !== undefined) returnSlab(batch.slab);
    for (let i = 0; i < batch.count; i++) {
      const owner = batch.owners[i];
      if (owner !== undefined && owner.id === batch.ids[i]) owner.accepted(batch.sizes[i] as number);
    }
    batch.clear();
    this.#spare = batch;
    this.#onTaken();
  };

  #closePiece(): void {
    if (this.#slab === undefined || this.at === this.#pieceStart) return;
    this.#pieces.push(this.#slab.subarray(this.#pieceStart, this.at));
    this.#pieceBytes += this.at - this.#pieceStart;
    this.#pieceStart = this.at;
  }
}

const none = Buffer.alloc(0);

/** One made for a large head is not kept. */
const returnSlab = (slab: Buffer): void => {
  if (slab.length === slabBytes) giveSlab(slab);
};
