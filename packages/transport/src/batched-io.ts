/**
 * Reads and writes of plain sockets past Node's streams, many sockets in one turn: see native/batched-io.c. A socket
 * stays Node's: it is opened, ended and destroyed as ever, reports its errors and its end by its events, and takes the
 * bytes that the kernel would not take at once. Only bytes that can go straight through do.
 *
 * ```
 *   take ──► reading ◄── pause/resume ──► paused
 *               │ end of the stream: Node reads it once more and says `end`
 *               │ error: the socket is destroyed with it
 *               ▼
 *            Node's
 * ```
 *
 * Without the addon, or on a Node whose insides are not as expected, nothing can be taken, and streams serve as well.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import { lentBuffer } from './lent-reads.ts';
import { hasEnded } from './stream-internals.ts';

interface Addon {
  open(slab: Uint8Array, reads: Int32Array, pool: Uint8Array, onReady: (count: number) => void): number;
  watch(fd: number, token: number): number;
  unwatch(fd: number): number;
  write(fd: number, bytes: Uint8Array, start: number, end: number): number;
  writePooled(fd: number, offset: number, length: number): number;
  releaseMemory(): number;
}

/** What one turn may read; pages that are never reached cost nothing. */
const slabBytes = 256 * 1024;
/** As many sockets as the addon reads in a turn, three numbers each. */
const readsLength = 3 * 128;

/** The insides of a `net.Socket` that are needed, and that Node may change. */
interface Handle {
  readonly fd: number;
  reading: boolean;
  readStart(): number;
  readStop(): number;
}

const handleOf = (socket: Socket): Handle | undefined => {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const { fd, reading, readStart, readStop } = handle as Partial<Handle>;
  const isAsExpected =
    typeof fd === 'number' &&
    fd >= 0 &&
    typeof reading === 'boolean' &&
    typeof readStart === 'function' &&
    typeof readStop === 'function';
  return isAsExpected ? (handle as Handle) : undefined;
};

/** One socket that is read and written past its stream. */
export class BatchedSocket {
  /** Bytes that did not go through the stream, which counts its own. */
  bytesRead = 0;
  bytesWritten = 0;
  /** False from the moment in which the socket is destroyed: its descriptor may then be another's. */
  isOpen = true;
  readonly #addon: Addon;
  readonly #socket: Socket;
  readonly #handle: Handle;
  /** Of the handle, which asks the system each time; the socket's until it is destroyed. */
  readonly #fd: number;
  readonly #token: number;
  readonly #onBytes: (bytes: Buffer) => void;
  /** What had been read before; goes first. */
  #buffered: Buffer | undefined;
  #isPaused = true;
  #isWatched = false;
  #isNodes = false;

  constructor(addon: Addon, socket: Socket, handle: Handle, token: number, onBytes: (bytes: Buffer) => void) {
    this.#addon = addon;
    this.#socket = socket;
    this.#handle = handle;
    this.#fd = handle.fd;
    this.#token = token;
    this.#onBytes = onBytes;
    const destroy = socket._destroy.bind(socket);
    socket._destroy = (error, done) => {
      this.isOpen = false;
      destroy(error, done);
    };
  }

  resume(): void {
    if (this.#isNodes) return void this.#socket.resume();
    if (!this.#isPaused || !this.isOpen) return;
    this.#isPaused = false;
    if (this.#buffered === undefined) this.#watch();
    else process.nextTick(this.#deliverBuffered);
  }

  pause(): void {
    this.#isPaused = true;
    if (this.#isNodes) this.#socket.pause();
    else this.#unwatch();
  }

  /** @internal Before the first `resume`. */
  putBack(bytes: Buffer | null): void {
    if (bytes !== null) this.#buffered = bytes;
  }

  /**
   * Gives the kernel `bytes[start..end)`. Only while the stream holds nothing, which must go first, and has not ended.
   * @returns how many bytes it took: what it did not take is to be written to the stream, which waits, or fails
   */
  write(bytes: Buffer, start: number, end: number): number {
    if (!this.isOpen) return 0;
    const taken = this.#addon.write(this.#fd, bytes, start, end);
    if (taken <= 0) return 0;
    this.bytesWritten += taken;
    return taken;
  }

  /** As `write`, for `length` bytes at `offset` of the pool. */
  writePooled(offset: number, length: number): number {
    if (!this.isOpen) return 0;
    const taken = this.#addon.writePooled(this.#fd, offset, length);
    if (taken <= 0) return 0;
    this.bytesWritten += taken;
    return taken;
  }

  /** @param length as `recv` answered: 0 at the end, a negative errno for an error */
  received(slab: Buffer, start: number, length: number): void {
    // A socket that was paused or closed by what came before it in the same turn: of the former nothing may be lost.
    if (!this.isOpen) return;
    if (length > 0) {
      this.bytesRead += length;
      this.#onBytes(slab.subarray(start, start + length));
    } else if (length === 0) this.#giveBack();
    else {
      this.#unwatch();
      const code = getSystemErrorName(length);
      this.#socket.destroy(Object.assign(new Error(`read ${code}`), { code, errno: length, syscall: 'read' }));
    }
  }

  closed(): void {
    if (this.#isWatched) this.#addon.unwatch(-1);
    this.#isWatched = false;
  }

  readonly #deliverBuffered = (): void => {
    const buffered = this.#buffered;
    if (this.#isPaused || !this.isOpen || buffered === undefined) return;
    this.#buffered = undefined;
    this.#onBytes(buffered);
    if (!this.#isPaused && !this.#isNodes) this.#watch();
  };

  #watch(): void {
    if (this.#isWatched || !this.isOpen) return;
    this.#isWatched = this.#addon.watch(this.#fd, this.#token) === 0;
    if (!this.#isWatched) this.#giveBack();
  }

  #unwatch(): void {
    if (!this.#isWatched) return;
    this.#isWatched = false;
    this.#addon.unwatch(this.isOpen ? this.#fd : -1);
  }

  /** The end of a stream stays readable: Node finds it again and does everything that belongs to it. */
  #giveBack(): void {
    this.#unwatch();
    this.#isNodes = true;
    Reflect.deleteProperty(this.#socket, '_read');
    this.#socket.on('data', this.#onBytes);
    this.#socket.resume();
    this.#handle.reading = true;
    this.#handle.readStart();
  }
}

const batched = new WeakMap<Socket, BatchedSocket>();

/** Bytes that a socket has read and written, whichever way they went. */
export const transferredBytes = (socket: Socket): { readonly read: number; readonly written: number } => {
  const past = batched.get(socket);
  return {
    read: socket.bytesRead + (past?.bytesRead ?? 0),
    written: socket.bytesWritten + (past?.bytesWritten ?? 0),
  };
};

/** The memory of a turn's reads. */
let lent: ArrayBufferLike | undefined;

/** Whether bytes are lent until whoever delivered them returns. */
export const isLent = ({ buffer }: Buffer): boolean => buffer === lent || buffer === lentBuffer.buffer;

/** Bytes that may be kept: those that were only lent are copied. */
export const ownBytes = (bytes: Buffer): Buffer => {
  if (!isLent(bytes)) return bytes;
  const owned = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(owned);
  return owned;
};

/** Beside the bundle, or where the package's `build` script puts it. */
const addonPath = [import.meta.dirname, join(import.meta.dirname, '..', 'dist')]
  .map((folder) => join(folder, 'batched-io.node'))
  .find(existsSync);

/** Self-test included: the kernel must say of a descriptor that cannot exist that it does not. */
const loadAddon = (): Addon | undefined => {
  if (addonPath === undefined) return undefined;
  try {
    const addon = createRequire(import.meta.url)(addonPath) as Addon;
    return addon.write(-1, Buffer.alloc(1), 0, 1) === -constants.errno.EBADF ? addon : undefined;
  } catch {
    return undefined;
  }
};

/** Runs `deliver(count)`, and then whatever should be done once after a turn's reads. */
export type InOneTurn = (deliver: (count: number) => void, count: number) => void;

let isLoaded = false;
let ofProcess: SocketBatches | undefined;

export class SocketBatches {
  readonly #addon: Addon;
  readonly #slab = Buffer.allocUnsafeSlow(slabBytes);
  readonly #reads = new Int32Array(readsLength);
  readonly #sockets: (BatchedSocket | undefined)[] = [];
  #freeTokens: number[] = [];
  /** Given up during this turn, in which reads of theirs may still be waiting. */
  #freedTokens: number[] = [];

  /**
   * The one of this process.
   * @param pool memory that most writes come from The package's `build` script makes the addon where there is a C compiler.
   * @returns undefined where the addon is missing or does not work
   */
  static ofProcess(inOneTurn: InOneTurn, pool: Buffer): SocketBatches | undefined {
    if (!isLoaded) {
      isLoaded = true;
      const addon = loadAddon();
      ofProcess = addon === undefined ? undefined : new SocketBatches(addon, inOneTurn, pool);
    }
    return ofProcess;
  }

  private constructor(addon: Addon, inOneTurn: InOneTurn, pool: Buffer) {
    this.#addon = addon;
    lent = this.#slab.buffer;
    const deliver = (count: number): void => this.#deliver(count);
    addon.open(this.#slab, this.#reads, pool, (count) => inOneTurn(deliver, count));
  }

  /** Gives the system back what the C library keeps of freed memory; for idle moments. */
  releaseMemory(): void {
    this.#addon.releaseMemory();
  }

  /**
   * Takes a connected TCP socket that nobody reads, with what was read and put back. It is paused until `resume`.
   * @param onBytes the bytes are lent until it returns
   * @returns undefined for a socket of another kind or in another state; it is then unchanged
   */
  take(socket: Duplex, onBytes: (bytes: Buffer) => void): BatchedSocket | undefined {
    if (!(socket instanceof Socket) || socket instanceof TLSSocket) return undefined;
    const handle = handleOf(socket);
    if (handle === undefined || socket.connecting || socket.destroyed || hasEnded(socket)) return undefined;
    const buffered: Buffer | null = socket.readableLength > 0 ? socket.read(socket.readableLength) : null;
    // Whoever asks the stream to read from now on, Node itself after a connect, gets nothing.
    socket._read = () => {};
    handle.reading = false;
    handle.readStop();
    const token = this.#freeTokens.pop() ?? this.#sockets.length;
    const taken = new BatchedSocket(this.#addon, socket, handle, token, onBytes);
    this.#sockets[token] = taken;
    batched.set(socket, taken);
    socket.once('close', () => {
      taken.closed();
      this.#sockets[token] = undefined;
      this.#freedTokens.push(token);
    });
    taken.putBack(buffered);
    return taken;
  }

  #deliver(count: number): void {
    if (this.#freedTokens.length > 0) {
      this.#freeTokens = this.#freeTokens.concat(this.#freedTokens);
      this.#freedTokens = [];
    }
    const reads = this.#reads;
    for (let i = 0; i < count; i += 1) {
      const at = i * 3;
      this.#sockets[reads[at] as number]?.received(this.#slab, reads[at + 2] as number, reads[at + 1] as number);
    }
  }
}
