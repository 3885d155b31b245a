/** A TCP client that sends exactly the bytes it is told and keeps everything it receives: for what no library would send. */
import { connect, type Socket } from 'node:net';

export interface RawClientOptions {
  readonly host?: string;
  readonly localAddress?: string;
  /** How long each wait may take; 10 s by default. */
  readonly timeoutMs?: number;
}

export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly #timeoutMs: number;
  readonly #chunks: Buffer[] = [];
  readonly #waiters = new Set<() => void>();
  #hasEnded = false;
  #isClosed = false;
  #error: Error | undefined;

  /** Adopts a connected socket, a TLS one too. */
  constructor(socket: Socket, timeoutMs = 10_000) {
    this.socket = socket;
    this.#timeoutMs = timeoutMs;
    const wake = (): void => {
      for (const waiter of this.#waiters) waiter();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      wake();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      wake();
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => {
      this.#isClosed = true;
      wake();
    });
  }

  static connect(port: number, options: RawClientOptions = {}): Promise<RawClient> {
    const { host = '127.0.0.1', localAddress, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      const socket = connect({
        port,
        host,
        allowHalfOpen: true,
        ...(localAddress === undefined ? {} : { localAddress }),
      });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new RawClient(socket, timeoutMs));
      });
    });
  }

  /** Everything received so far. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** True once the peer has closed its side or the connection is gone. */
  get isEnded(): boolean {
    return this.#hasEnded || this.#isClosed;
  }

  /** What the socket failed with (a reset, for instance), if it did. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Strings are sent as Latin-1, byte for byte. Resolves when the kernel has taken them. */
  send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Half-closes: the peer sees the end, we go on reading. */
  end(): void {
    this.socket.end();
  }

  /** Resolves with everything received once `isEnough` says so; rejects at the end of the connection or the timeout. */
  async until(isEnough: (received: Buffer) => boolean): Promise<Buffer> {
    await this.#wait(() => isEnough(this.received) || this.isEnded, 'the awaited bytes');
    if (isEnough(this.received)) return this.received;
    throw new Error(`the connection ended after ${JSON.stringify(this.received.toString('latin1').slice(0, 500))}`, {
      cause: this.#error,
    });
  }

  /** Resolves once `text` (Latin-1) was received. */
  untilText(text: string): Promise<Buffer> {
    return this.until((received) => received.includes(text, 0, 'latin1'));
  }

  /** Resolves with everything received once the peer has closed its side or the connection was reset. */
  async untilEnd(): Promise<Buffer> {
    await this.#wait(() => this.isEnded, 'the end of the connection');
    return this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.#wait(() => this.#isClosed, 'close');
  }

  #wait(isDone: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
      };
      const check = (): void => {
        if (!isDone()) return;
        finish();
        resolve();
      };
      const timer = setTimeout(() => {
        finish();
        const got = this.received.toString('latin1').slice(-500);
        reject(new Error(`waited ${this.#timeoutMs} ms for ${what}; received ${JSON.stringify(got)}`));
      }, this.#timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }
}
