/**
 * What an HTTP/1 connection writes: collected during a tick and handed to the socket together. Heads and small bodies are
 * encoded or copied into a slab, large bodies go by reference. Reports body bytes when the socket has taken them.
 *
 * ```
 *   room/advance, writeBody ──► [slab │ body │ slab …]  ── flush: one write, or one writev ──►  socket
 *                                                     ◄── callback: slabs back, body bytes accepted
 * ```
 */
import type { Duplex } from 'node:stream';
import { type BatchedSocket, ownBytes } from '@heddle/transport';
import { atEndOfTick } from '../http/end-of-tick.ts';
import { giveSlab, slabBytes, takeSlab } from './slab.ts';

/** Bodies from this size on are not copied. */
const copyBelowBytes = 4096;

interface Flushed {
  readonly slabs: readonly Buffer[];
  readonly bodyBytes: number;
}

export class SocketWriter {
  readonly #socket: Duplex;
  readonly #direct: BatchedSocket | undefined;
  readonly #onAccepted: (bodyBytes: number) => void;
  readonly #onTick: () => void;
  #slab: Buffer | undefined;
  /** First byte of the slab that is in no piece yet, and the first free one. */
  #pieceStart = 0;
  #used = 0;
  #slabs: Buffer[] = [];
  #pieces: Buffer[] = [];
  #bodyBytes = 0;
  #isScheduled = false;
  #hasEnded = false;
  readonly #inFlight: Flushed[] = [];

  /**
   * @param direct the same socket, where it can be written past its stream
   * @param onAccepted body bytes of a flush that the socket has taken
   * @param onTick called after each scheduled flush, once per tick
   */
  constructor(
    socket: Duplex,
    direct: BatchedSocket | undefined,
    onAccepted: (bodyBytes: number) => void,
    onTick: () => void,
  ) {
    this.#socket = socket;
    this.#direct = direct;
    this.#onAccepted = onAccepted;
    this.#onTick = onTick;
  }

  /** Whether the socket has yet to take something. */
  get isBusy(): boolean {
    return this.#inFlight.length > 0 || this.#hasPending;
  }

  /** The current slab, with at least `bytes` (at most a slab) free from `position` on. */
  room(bytes: number): Buffer {
    if (this.#slab !== undefined && slabBytes - this.#used >= bytes) return this.#slab;
    this.#closePiece();
    if (this.#slab !== undefined) this.#slabs.push(this.#slab);
    this.#slab = takeSlab();
    this.#pieceStart = 0;
    this.#used = 0;
    return this.#slab;
  }

  get position(): number {
    return this.#used;
  }

  /** The slab has been written up to `end`. */
  advance(end: number): void {
    this.#used = end;
    this.schedule();
  }

  /** Memory that is not to be copied and not a body. */
  writeBytes(bytes: Buffer): void {
    this.#closePiece();
    this.#pieces.push(bytes);
    this.schedule();
  }

  writeBody(bytes: Buffer): void {
    this.#bodyBytes += bytes.length;
    if (bytes.length < copyBelowBytes) {
      const slab = this.room(bytes.length);
      bytes.copy(slab, this.#used);
      this.advance(this.#used + bytes.length);
    } else if (!this.#wroteBody(bytes)) {
      this.writeBytes(ownBytes(bytes));
    }
  }

  /**
   * Gives the kernel a large body at once, and what is to go before it, so that lent memory need not be copied. Body
   * bytes have been counted.
   */
  #wroteBody(bytes: Buffer): boolean {
    const direct = this.#direct;
    if (direct === undefined || this.#hasEnded || this.#inFlight.length > 0) return false;
    this.#bodyBytes -= bytes.length;
    const isFirst = !this.#hasPending || this.#wroteDirectly();
    this.#bodyBytes += bytes.length;
    if (!isFirst) return false;
    const taken = direct.write(bytes, 0, bytes.length);
    if (taken < bytes.length) {
      this.writeBytes(ownBytes(bytes.subarray(taken)));
      return true;
    }
    this.#bodyBytes = 0;
    this.#onAccepted(bytes.length);
    return true;
  }

  /** Sees to a flush at the end of this tick. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    atEndOfTick(this.#tick);
  }

  /** Hands everything to the socket now. */
  flush(): void {
    if (!this.#hasPending || this.#wroteDirectly() || this.#socket.destroyed) return;
    this.#closePiece();
    const pieces = this.#pieces;
    if (this.#slab !== undefined) this.#slabs.push(this.#slab);
    this.#inFlight.push({ slabs: this.#slabs, bodyBytes: this.#bodyBytes });
    this.#slab = undefined;
    this.#slabs = [];
    this.#pieces = [];
    this.#bodyBytes = 0;
    if (pieces.length === 1) {
      this.#socket.write(pieces[0], this.#taken);
      return;
    }
    this.#socket.cork();
    for (let i = 0; i < pieces.length - 1; i += 1) this.#socket.write(pieces[i]);
    this.#socket.write(pieces.at(-1), this.#taken);
    this.#socket.uncork();
  }

  /** Flushes, then ends the socket's writing side. */
  end(): void {
    this.flush();
    this.#hasEnded = true;
    this.#socket.end();
  }

  /**
   * Gives the kernel what it takes at once; true when that was all. One slab in one piece is nearly every head and
   * small body there is.
   */
  #wroteDirectly(): boolean {
    const slab = this.#slab;
    if (this.#direct === undefined || this.#inFlight.length > 0 || this.#hasEnded) return false;
    if (slab === undefined || this.#pieces.length > 0) return false;
    const offset = slab.byteOffset;
    this.#pieceStart +=
      offset > 0
        ? this.#direct.writePooled(offset + this.#pieceStart, this.#used - this.#pieceStart)
        : this.#direct.write(slab, this.#pieceStart, this.#used);
    if (this.#pieceStart < this.#used) return false;
    this.#slab = undefined;
    this.#pieceStart = 0;
    this.#used = 0;
    giveSlab(slab);
    const accepted = this.#bodyBytes;
    this.#bodyBytes = 0;
    if (accepted > 0) this.#onAccepted(accepted);
    return true;
  }

  get #hasPending(): boolean {
    return this.#pieces.length > 0 || this.#used > this.#pieceStart;
  }

  readonly #tick = (): void => {
    this.#isScheduled = false;
    this.flush();
    this.#onTick();
  };

  /** A write's callback; writes are answered in order. After an error nothing more matters here. */
  readonly #taken = (error?: Error | null): void => {
    const flushed = this.#inFlight.shift();
    if (flushed === undefined || (error !== undefined && error !== null)) return;
    for (const slab of flushed.slabs) giveSlab(slab);
    if (flushed.bodyBytes > 0) this.#onAccepted(flushed.bodyBytes);
  };

  #closePiece(): void {
    if (this.#slab === undefined || this.#used === this.#pieceStart) return;
    this.#pieces.push(this.#slab.subarray(this.#pieceStart, this.#used));
    this.#pieceStart = this.#used;
  }
}
