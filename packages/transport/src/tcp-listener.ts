/** A listening port whose accepted connections are known, so that they can be counted, waited for and ended. */
import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, everyAddress, ListenError } from '@heddle/runtime';
import { unmappedIp } from './original-destination.ts';

export interface TcpListenerOptions {
  /** For messages: "inbound proxy", "policy API". */
  readonly name: string;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Called per connection. The socket is paused until read from, has no delay, keep-alive on, and half-open allowed. */
  readonly onConnection: (socket: Socket) => void;
  /** Connections that the kernel keeps until accepted. */
  readonly backlog?: number;
  /** Connections held at once; more are closed on arrival. Absent: no limit but the system's. */
  readonly maxConnections?: number;
  /** Told of each connection closed for that, and how many are open. */
  readonly onRefused?: (peerIp: string, open: number) => void;
}

const keepAliveMs = 10_000;
const defaultBacklog = 1024;

export class TcpListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: TcpListenerOptions;
  #port: number;
  #onIdle: (() => void) | undefined;

  /** @throws {ListenError} with a message that says what to do */
  static async listen(options: TcpListenerOptions): Promise<TcpListener> {
    const listener = new TcpListener(options);
    await listener.#open();
    return listener;
  }

  private constructor(options: TcpListenerOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs },
      (socket) => this.#accept(socket),
    );
    const { maxConnections, onRefused } = options;
    if (maxConnections !== undefined) this.#server.maxConnections = maxConnections;
    if (onRefused !== undefined) {
      this.#server.on('drop', (dropped) => onRefused(unmappedIp(dropped?.remoteAddress ?? ''), this.#sockets.size));
    }
  }

  get host(): string {
    return this.#options.host;
  }

  /** The real one, when 0 was asked for. */
  get port(): number {
    return this.#port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Closes the port; open connections go on. Idempotent. */
  stopAccepting(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Closes the port, waits up to `graceMs` for connections to end by themselves, then ends the rest. */
  async drain(clock: Clock, graceMs: number): Promise<void> {
    this.stopAccepting();
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(graceMs, resolve);
        this.#onIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await this.close();
  }

  /** Closes the port and every connection at once. Idempotent. */
  async close(): Promise<void> {
    this.stopAccepting();
    const closing = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closing);
  }

  async #open(): Promise<void> {
    const { host, port, backlog } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(new ListenError(this.#options, error)));
      this.#server.listen({ host: everyAddress(host), port, backlog: backlog ?? defaultBacklog }, resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    // Accepting can fail later, when file descriptors run out; the kernel keeps such connections in the backlog.
    this.#server.on('error', () => {});
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    // An error nobody listens to would end the process; `close` follows and tells the rest.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onIdle?.();
    });
    this.#options.onConnection(socket);
  }
}
