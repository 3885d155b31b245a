/** One endpoint of a backend: its connections, its load, and what it has to say about exchanges that go to it. */
import type { Socket } from 'node:net';
import { aborts } from '../../http/abort.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { HttpLimits } from '../../http/limits.ts';
import { markOriginalProtocol, unmarkOriginalProtocol } from '../../http/orig-proto.ts';
import type { ClientConnection } from '../../http/stream.ts';
import { Http1ClientConnection } from '../../http1/client-connection.ts';
import { Http2ClientConnection } from '../../http2/client-connection.ts';
import { costOf, type EwmaParameters, type EwmaState, initialEwma, observeRtt } from '../balance/peak-ewma.ts';
import type { OutboundDeps } from '../deps.ts';
import { connectEndpoint, type Session, type Stale } from './connect.ts';
import { EndpointCells } from './endpoint-cells.ts';
import { type ConnectionEvents, Link } from './link.ts';
import type { Reach } from './reach.ts';

/** How a request can travel: as what it is, or, where HTTP/1 gives up being messages, on a connection of its own. */
export type Carriage = 'http1' | 'http2' | 'tunnel';

export const carriageOf = ({ request }: Exchange): Carriage => {
  if (request.version === '2') return 'http2';
  return request.upgrade !== '' || request.isConnect ? 'tunnel' : 'http1';
};

export interface EndpointEvents {
  /** A link of the endpoint takes exchanges. `wasDown`: the first since connecting failed. */
  readonly onReady: (wasDown: boolean) => void;
  readonly onDown: (endpoint: Endpoint, reason: string) => void;
  readonly onUsable: (endpoint: Endpoint, link: Link) => void;
  readonly onUnsent: (exchange: Exchange) => void;
}

export interface EndpointOptions {
  readonly reach: Reach;
  readonly ewma: EwmaParameters;
  readonly deps: OutboundDeps;
  readonly events: EndpointEvents;
}

/** An application's keep-alive is often 5 s: a connection in clear that was unused for longer is not used again. */
const http1IdleMs = 3000;
/** What is open on a connection whose peer is no longer trusted may take so long to end. */
const untrustedGraceMs = 120_000;
const maxHttp1Connections = 10_000;
const maxHttp2Connections = 4;

export class Endpoint {
  readonly reach: Reach;
  readonly cells: EndpointCells;
  /** Exchanges without a response head, and relays that are open. */
  pending = 0;
  readonly #options: EndpointOptions;
  #load: EwmaState;
  #http1: Link | undefined;
  #http2: Link | undefined;
  #isUp = true;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.reach = options.reach;
    this.cells = new EndpointCells(options.deps.metrics, options.reach);
    this.#load = initialEwma(options.ewma, options.deps.clock.nowMs());
  }

  /** The last that was heard of it is not that connecting failed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  link(carriage: Carriage): Link {
    const isHttp2 = carriage === 'http2' || (carriage === 'http1' && this.reach.carriesHttp1);
    return isHttp2 ? (this.#http2 ??= this.#makeLink('http2')) : (this.#http1 ??= this.#makeLink('http1'));
  }

  cost(nowMs: number): number {
    return costOf(this.#load, this.pending, nowMs, this.#options.ewma);
  }

  /** A response head, or a connection, took `rttMs`. */
  observe(rttMs: number, nowMs: number): void {
    this.#load = observeRtt(this.#load, rttMs, nowMs, this.#options.ewma);
  }

  /** Only while the link of the carriage is ready. */
  open(exchange: Exchange, carriage: Carriage): void {
    if (carriage === 'http1' && this.reach.carriesHttp1) markOriginalProtocol(exchange.request);
    else if (carriage !== 'http2') unmarkOriginalProtocol(exchange.request);
    this.link(carriage).open(exchange);
  }

  /** A connection of its own, for opaque bytes. It ends when its peer is no longer trusted. @throws {TransportError} */
  connect(): Promise<Socket> {
    return this.#connect(undefined, (socket, why) => {
      if (why === 'untrusted') socket.destroy();
    });
  }

  /** Takes no more; open exchanges go on to their ends. */
  close(): void {
    this.#http1?.close();
    this.#http2?.close();
    this.cells.end(this.#options.deps.clock.nowMs());
  }

  #makeLink(session: 'http1' | 'http2'): Link {
    const { deps, events } = this.#options;
    const { clock, random, config } = deps;
    const isShared = session === 'http2';
    const link: Link = new Link({
      connect: (connectionEvents) => this.#open(session, connectionEvents),
      isShared,
      maxConnections: isShared ? maxHttp2Connections : maxHttp1Connections,
      clock,
      random,
      backoff: config.connectBackoff,
      events: {
        onReady: () => {
          const wasDown = !this.#isUp;
          this.#isUp = true;
          events.onReady(wasDown);
        },
        onDown: (reason) => {
          this.#isUp = false;
          events.onDown(this, reason);
        },
        onUsable: () => events.onUsable(this, link),
        onUnsent: events.onUnsent,
      },
    });
    return link;
  }

  async #open(session: 'http1' | 'http2', events: ConnectionEvents): Promise<ClientConnection> {
    const { clock, sweeper, batches } = this.#options.deps;
    const open: { connection?: ClientConnection } = {};
    const socket = await this.#connect(session, (raw, why) => {
      open.connection?.drain();
      if (why === 'expiring') return;
      const timer = clock.after(untrustedGraceMs, () => open.connection?.destroy(aborts.revoked));
      raw.once('close', () => timer.cancel());
    });
    const options = { socket, clock, sweeper, batches, limits: this.#limits(session), ...events };
    open.connection = session === 'http2' ? new Http2ClientConnection(options) : new Http1ClientConnection(options);
    return open.connection;
  }

  /** @param onStale called when the socket is known, however early the news came */
  async #connect(session: Session, onStale: (socket: Socket, why: Stale) => void): Promise<Socket> {
    const early: Stale[] = [];
    let tell = (why: Stale): void => void early.push(why);
    const socket = await connectEndpoint(this.reach, session, this.#options.deps, (why) => tell(why));
    tell = (why) => onStale(socket, why);
    // The caller has its connection by then.
    if (early.length > 0) setImmediate(() => early.forEach(tell));
    return socket;
  }

  #limits(session: 'http1' | 'http2'): HttpLimits {
    const limits = this.#options.deps.config.http;
    const { keepAlive } = this.reach;
    if (session === 'http1') return { ...limits, idleTimeoutMs: http1IdleMs };
    return keepAlive === undefined ? limits : { ...limits, http2: { ...limits.http2, keepAlive } };
  }
}
