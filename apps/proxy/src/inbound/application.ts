/** The application behind this proxy: connections to its ports, in clear, on this machine. */
import type { Duplex } from 'node:stream';
import type { Clock, DeadlineSweeper } from '@heddle/runtime';
import { connectTcp, type SocketAddress, type SocketBatches, TransportError } from '@heddle/transport';
import { type AbortCause, aborts, connectFailed } from '../http/abort.ts';
import type { HttpLimits } from '../http/limits.ts';
import { AbortError, ConnectionPool, type PooledCallbacks } from '../http/pool.ts';
import type { ClientConnection } from '../http/stream.ts';
import { Http1ClientConnection } from '../http1/client-connection.ts';
import { Http2ClientConnection } from '../http2/client-connection.ts';

export interface ApplicationOptions {
  readonly clock: Clock;
  readonly sweeper: DeadlineSweeper;
  readonly limits: HttpLimits;
  readonly batches?: SocketBatches | undefined;
  readonly connectTimeoutMs: number;
  /** Where the application really listens for a port of ours (local mode); the address itself otherwise. */
  readonly addressOf: (target: SocketAddress) => SocketAddress;
  readonly maxWaiting: number;
}

/** An application's keep-alive is often 5 s: a connection unused for longer than this is not used again. */
const idleTimeoutMs = 3000;
const maxHttp1Connections = 10_000;
const maxHttp2Connections = 4;

/** Pools to one port. */
export interface Application {
  readonly http1: ConnectionPool;
  readonly http2: ConnectionPool;
}

export const connectCause = (error: unknown): AbortCause => {
  if (error instanceof TransportError && error.code === 'timeout') return aborts.connectTimeout;
  return connectFailed(error instanceof Error ? error.message : 'connect failed');
};

export class Applications {
  readonly #options: ApplicationOptions;
  readonly #byPort = new Map<string, Application>();

  constructor(options: ApplicationOptions) {
    this.#options = options;
  }

  /** A connection of its own, for opaque bytes. @throws AbortError */
  async connect(target: SocketAddress): Promise<Duplex> {
    const { clock, connectTimeoutMs } = this.#options;
    const { ip, port } = this.#options.addressOf(target);
    try {
      return await connectTcp({ host: ip, port, clock, connectTimeoutMs });
    } catch (error) {
      throw new AbortError(connectCause(error));
    }
  }

  /** The pools for HTTP to a port; made on first use. */
  of(target: SocketAddress): Application {
    const key = `${target.ip}:${target.port}`;
    let application = this.#byPort.get(key);
    if (application === undefined) {
      application = this.#make(target);
      this.#byPort.set(key, application);
    }
    return application;
  }

  close(): void {
    for (const { http1, http2 } of this.#byPort.values()) {
      http1.close();
      http2.close();
    }
  }

  #make(target: SocketAddress): Application {
    const { clock, sweeper, limits, maxWaiting, batches } = this.#options;
    const shared = { clock, sweeper, batches, limits: { ...limits, idleTimeoutMs } };
    const pool = (
      maxConnections: number,
      exchangesPerConnection: number,
      make: (socket: Duplex, callbacks: PooledCallbacks) => ClientConnection,
    ): ConnectionPool =>
      new ConnectionPool({
        maxConnections,
        exchangesPerConnection,
        maxWaiting,
        connect: async (callbacks) => make(await this.connect(target), callbacks),
      });
    return {
      http1: pool(
        maxHttp1Connections,
        1,
        (socket, callbacks) => new Http1ClientConnection({ ...shared, ...callbacks, socket }),
      ),
      http2: pool(
        maxHttp2Connections,
        limits.http2.maxConcurrentStreams,
        (socket, callbacks) => new Http2ClientConnection({ ...shared, ...callbacks, socket }),
      ),
    };
  }
}
