/**
 * What the socket tests of HTTP/2 share: a proxy without policy (HTTP/2 in, HTTP/2 out), and a peer that sends any
 * frames it is told to and keeps what it gets.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DeadlineSweeper } from '@heddle/runtime';
import { FakeClock } from '@heddle/testkit';
import { HpackDecoder } from '@heddle/wire/hpack';
import { clientPreface, encodeFrameHeader, FrameType, Http2Event, Http2FrameDecoder } from '@heddle/wire/http2';
import type { AbortCause } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import { defaultHttpLimits, type HttpLimits } from '../http/limits.ts';
import { rescue } from '../http/rescue.ts';
import type { HttpService } from '../http/stream.ts';
import { Http2ClientConnection } from './client-connection.ts';
import { Http2ServerConnection } from './server-connection.ts';

/** Ends what a test opened, newest first. */
export class Disposals {
  readonly #tasks: (() => void | Promise<unknown>)[] = [];

  add(task: () => void | Promise<unknown>): void {
    this.#tasks.push(task);
  }

  async run(): Promise<void> {
    for (const task of this.#tasks.splice(0).toReversed()) await task();
  }
}

/** Listens on a free port of loopback. */
export const listen = async (server: Server, disposals: Disposals): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  disposals.add(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
};

export type TestLimits = Partial<Omit<HttpLimits, 'http2'>> & { readonly http2?: Partial<HttpLimits['http2']> };

export const limitsWith = (change: TestLimits): HttpLimits => ({
  ...defaultHttpLimits,
  ...change,
  http2: { ...defaultHttpLimits.http2, ...change.http2 },
});

export interface TestProxy {
  readonly port: number;
  readonly clock: FakeClock;
  readonly servers: Http2ServerConnection[];
  readonly clients: Http2ClientConnection[];
  /** Why connections closed, in order, `server: …` or `client: …`. */
  readonly closed: string[];
  /** Causes that upstream failed with. */
  readonly failures: AbortCause[];
  /** Exchanges finished. */
  readonly finished: { count: number };
}

export interface ProxyOptions {
  readonly limits?: TestLimits;
  readonly upstreamLimits?: TestLimits;
  /** Does something else with an exchange than to forward it; false forwards it after all. */
  readonly handle?: (exchange: Exchange) => boolean;
  /** How to reach the server; plain TCP by default. */
  readonly dial?: (port: number) => Socket;
  /** What to make of an accepted socket. */
  readonly accept?: (socket: Socket) => Duplex;
}

/** HTTP/2 in, HTTP/2 out over one connection at a time. */
export const startProxy = async (
  serverPort: number,
  disposals: Disposals,
  options: ProxyOptions = {},
): Promise<TestProxy> => {
  const clock = new FakeClock();
  const sweeper = new DeadlineSweeper(clock, 250);
  const proxy: Omit<TestProxy, 'port'> = {
    clock,
    servers: [],
    clients: [],
    closed: [],
    failures: [],
    finished: { count: 0 },
  };
  const shared = { clock, sweeper };

  const upstream = (): Http2ClientConnection => {
    const current = proxy.clients.at(-1);
    if (current !== undefined && !current.isSpent) return current;
    const socket = options.dial?.(serverPort) ?? connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    const connection = new Http2ClientConnection({
      ...shared,
      socket,
      limits: limitsWith(options.upstreamLimits ?? options.limits ?? {}),
      onCapacity: () => forwardWaiting(),
      onClose: (reason) => proxy.closed.push(`client: ${reason}`),
    });
    disposals.add(() => void socket.destroy());
    proxy.clients.push(connection);
    return connection;
  };

  const waiting: Exchange[] = [];
  const forwardWaiting = (): void => {
    while (waiting.length > 0 && upstream().capacity > 0) {
      const exchange = waiting.shift();
      if (exchange?.isOpen === true) upstream().open(exchange);
    }
  };
  const service: HttpService = {
    handle: (exchange) => {
      if (options.handle?.(exchange) === true) return;
      waiting.push(exchange);
      forwardWaiting();
    },
    responded: () => undefined,
    failed: (exchange, cause) => {
      proxy.failures.push(cause);
      rescue(exchange, cause, { mayExplain: true, onRefused: () => undefined });
    },
    overdue: (exchange) => rescueTimeout(exchange),
    finished: () => void proxy.finished.count++,
  };
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    proxy.servers.push(
      new Http2ServerConnection({
        ...shared,
        socket: options.accept?.(socket) ?? socket,
        limits: limitsWith(options.limits ?? {}),
        service,
        onClose: (reason) => proxy.closed.push(`server: ${reason}`),
      }),
    );
  });
  return { ...proxy, port: await listen(server, disposals) };
};

const rescueTimeout = (exchange: Exchange): void => {
  exchange.deadlineMs = Number.POSITIVE_INFINITY;
  exchange.response.status = 504;
  exchange.response.contentLength = 0;
  exchange.answer();
};

export interface SeenFrame {
  readonly type: 'headers' | 'data' | 'rst' | 'settings' | 'ack' | 'ping' | 'pong' | 'goaway' | 'window' | 'error';
  readonly streamId: number;
  readonly isEndStream: boolean;
  /** Of `headers`. */
  readonly fields: ReadonlyMap<string, string>;
  /** Of `data`, `ping`, `pong` and `goaway`. */
  readonly bytes: Buffer;
  /** Of `rst` and `goaway`: the code; of `window`: the increment; of `goaway` see also `streamId`: the last one. */
  readonly number: number;
}

const typeOf: Readonly<Record<number, SeenFrame['type']>> = {
  [Http2Event.headers]: 'headers',
  [Http2Event.data]: 'data',
  [Http2Event.rstStream]: 'rst',
  [Http2Event.settings]: 'settings',
  [Http2Event.settingsAck]: 'ack',
  [Http2Event.ping]: 'ping',
  [Http2Event.pingAck]: 'pong',
  [Http2Event.goaway]: 'goaway',
  [Http2Event.windowUpdate]: 'window',
  [Http2Event.error]: 'error',
};

/** A peer on a raw socket. It acknowledges nothing and answers nothing by itself. */
export class FramePeer {
  readonly socket: Socket;
  readonly seen: SeenFrame[] = [];
  isClosed = false;
  readonly #decoder: Http2FrameDecoder;
  readonly #hpack = new HpackDecoder({ maxListSize: 1 << 20, maxFields: 1000 });
  readonly #waiters = new Set<() => void>();

  /** @param isServer whether the other side is the client */
  constructor(socket: Socket, isServer: boolean) {
    this.socket = socket;
    this.#decoder = new Http2FrameDecoder(isServer);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** A client of `port` that has sent the preface and SETTINGS. */
  static async connect(
    port: number,
    disposals: Disposals,
    settings: Buffer = frame(FrameType.settings, 0, 0),
  ): Promise<FramePeer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    disposals.add(() => void socket.destroy());
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const peer = new FramePeer(socket, false);
    peer.send(clientPreface, settings);
    return peer;
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The first frame that satisfies the predicate, now or later; rejects when the connection ends before. */
  until(what: string, matches: (frame: SeenFrame) => boolean): Promise<SeenFrame> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.seen.find(matches);
        if (found === undefined && !this.isClosed) return;
        this.#waiters.delete(check);
        clearTimeout(timer);
        if (found === undefined) reject(new Error(`closed before ${what}; saw ${this.summary}`));
        else resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(check);
        reject(new Error(`no ${what}; saw ${this.summary}`));
      }, 5000);
      this.#waiters.add(check);
      check();
    });
  }

  untilClosed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isClosed) resolve();
      else this.socket.once('close', () => resolve());
    });
  }

  get summary(): string {
    return this.seen.map(({ type, streamId, number }) => `${type} ${streamId} ${number}`).join(', ');
  }

  /** Body bytes seen on a stream. */
  bodyOf(streamId: number): Buffer {
    return Buffer.concat(this.seen.filter((f) => f.type === 'data' && f.streamId === streamId).map((f) => f.bytes));
  }

  #read(chunk: Buffer): void {
    const decoder = this.#decoder;
    if (decoder.fault !== undefined) return;
    decoder.push(chunk);
    for (let event = decoder.next(); event !== Http2Event.needMore; event = decoder.next()) {
      const type = typeOf[event];
      if (type !== undefined) this.seen.push(this.#frameOf(type));
      if (event === Http2Event.error) break;
    }
    this.#wake();
  }

  #frameOf(type: SeenFrame['type']): SeenFrame {
    const decoder = this.#decoder;
    const { bytes, start, end } = decoder;
    const fields = new Map<string, string>();
    if (type === 'headers')
      this.#hpack.decode(bytes, start, end, { field: (name, value) => void fields.set(name, value) });
    return {
      type,
      streamId: type === 'goaway' ? decoder.lastStreamId : decoder.streamId,
      isEndStream: decoder.isEndStream,
      fields,
      bytes: Buffer.from(bytes.subarray(start, end)),
      number: type === 'window' ? decoder.increment : decoder.errorCode,
    };
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }
}

/** A listening raw server; `next` resolves with its next connection, of which nothing has been answered yet. */
export const rawServer = async (
  disposals: Disposals,
): Promise<{ readonly port: number; readonly next: () => Promise<FramePeer> }> => {
  const arrived: FramePeer[] = [];
  const waiting: ((peer: FramePeer) => void)[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new FramePeer(socket, true);
    const taker = waiting.shift();
    if (taker === undefined) arrived.push(peer);
    else taker(peer);
  });
  const port = await listen(server, disposals);
  const next = (): Promise<FramePeer> => {
    const peer = arrived.shift();
    return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
  };
  return { port, next };
};

/** A frame with these fields, right or wrong. */
export const frame = (type: number, flags: number, streamId: number, payload: Buffer | string = ''): Buffer => {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  encodeFrameHeader(head, 0, bytes.length, type, flags, streamId);
  return Buffer.concat([head, bytes]);
};

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const setting = (id: number, value: number): Buffer => {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id);
  bytes.writeUInt32BE(value, 2);
  return bytes;
};

/** `GET /` of `h` in HPACK, behind the size update to 0 that a client owes once it has acknowledged our SETTINGS. */
export const getBlock: Buffer = Buffer.from('20828684010168', 'hex');
/** `POST /` of `h`. */
export const postBlock: Buffer = Buffer.from('20838684010168', 'hex');
/** `:status: 200`, behind a size update. */
export const okBlock: Buffer = Buffer.from('2088', 'hex');
