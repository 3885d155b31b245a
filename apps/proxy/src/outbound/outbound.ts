/**
 * The outbound half of the proxy: connections of the application, from accept to end.
 *
 * ```
 *   original destination ─► profile + policy (watched) ─► opaque? ─ yes ──► relay ─────────┐
 *                                                          no: detect ─► HTTP ─► route ────┴─► backend ─► endpoint
 * ```
 */
import type { Socket } from 'node:net';
import { sleep, WatchCell } from '@heddle/runtime';
import { peek, type SocketAddress } from '@heddle/transport';
import { meterConnection } from '../accept/connection-meter.ts';
import { detectHttp, maxDetectBytes } from '../accept/protocol-detect.ts';
import { InFlight } from '../http/in-flight.ts';
import { Http1ServerConnection } from '../http1/server-connection.ts';
import { Http2ServerConnection } from '../http2/server-connection.ts';
import type { OutboundDeps } from './deps.ts';
import { type DestinationLease, Destinations } from './discovery/destinations.ts';
import { keyOf } from './endpoint/reach.ts';
import { OutboundHttpService } from './http-service.ts';
import type { CompiledTarget } from './route/compiled-target.ts';
import { serveTcp } from './tcp.ts';

export interface Outbound {
  /** Serves an accepted connection to its end, or until it is HTTP; owns the socket, which is paused. Never rejects. */
  accept(socket: Socket): Promise<void>;
  /** Ends every watch and every idle connection to endpoints. Call it when connections have ended. */
  close(): void;
}

export const createOutbound = (deps: OutboundDeps): Outbound => new OutboundProxy(deps);

type Spoken = 'http1' | 'http2' | 'opaque' | 'nothing';

class OutboundProxy implements Outbound {
  readonly #deps: OutboundDeps;
  readonly #destinations: Destinations;
  readonly #inFlight: InFlight;

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
    this.#destinations = new Destinations(deps);
    this.#inFlight = new InFlight(deps.config.maxInFlight);
  }

  async accept(socket: Socket): Promise<void> {
    const { log, metrics, destinations } = this.#deps;
    const destination = destinations.of(socket);
    if (destination === undefined || this.#isOwn(destination)) {
      metrics.outboundTcpErrors.cell({ error: destination === undefined ? 'unknown destination' : 'loop' }).add();
      socket.destroy();
      return;
    }
    this.#meter(socket, destination);
    try {
      await this.#certified();
      const lease = this.#destinations.acquire(destination);
      socket.once('close', () => lease.release());
      if (socket.destroyed) lease.release();
      else await this.#serve(socket, lease);
    } catch (error) {
      log.error({ err: error, destination }, 'outbound connection failed');
      metrics.outboundTcpErrors.cell({ error: 'unexpected' }).add();
      socket.destroy();
    }
  }

  close(): void {
    this.#destinations.close();
  }

  /** The first certificate, or the end of patience: asking before would only make the control plane's client back off. */
  async #certified(): Promise<void> {
    const { credentials, whenCertified, clock, discoveryTimeoutMs } = this.#deps;
    if (credentials.value.credentials !== undefined) return;
    const abort = new AbortController();
    await Promise.race([whenCertified, sleep(clock, discoveryTimeoutMs, abort.signal)]);
    abort.abort();
  }

  #isOwn({ ip, port }: SocketAddress): boolean {
    return this.#deps.ownAddresses.some((own) => own.ip === ip && own.port === port);
  }

  #meter(socket: Socket, destination: SocketAddress): void {
    const { metrics, clock, sweeper } = this.#deps;
    meterConnection(socket, {
      metrics,
      clock,
      sweeper,
      labels: {
        direction: 'outbound',
        peer: 'src',
        target_addr: keyOf(destination),
        target_ip: destination.ip,
        target_port: String(destination.port),
        tls: 'no_identity',
        no_tls_reason: 'loopback',
      },
    });
  }

  async #serve(socket: Socket, lease: DestinationLease): Promise<void> {
    const { metrics } = this.#deps;
    const target = await this.#destinations.whenKnown(lease);
    const spoken = await this.#detect(socket, target);
    if (spoken === 'nothing') return void socket.destroy();
    metrics.outboundProtocols.cell({ protocol: protocolLabels[spoken] }).add();
    if (spoken === 'opaque') return this.#serveTcp(socket, target);
    this.#serveHttp(socket, spoken, lease, target);
  }

  async #detect(socket: Socket, target: CompiledTarget): Promise<Spoken> {
    if (target.protocol !== 'detect') return target.protocol;
    const { clock } = this.#deps;
    const { detectTimeoutMs: timeoutMs } = target;
    const result = await peek(socket, { clock, timeoutMs, maxBytes: maxDetectBytes }, detectHttp);
    if (result.kind === 'failed') return 'nothing';
    return result.kind === 'decided' && result.value !== 'not-http' ? result.value : 'opaque';
  }

  async #serveTcp(socket: Socket, target: CompiledTarget): Promise<void> {
    const hold = this.#deps.drain.hold(() => {});
    try {
      await serveTcp(socket, target, this.#deps);
    } finally {
      hold.release();
    }
  }

  #serveHttp(socket: Socket, version: 'http1' | 'http2', lease: DestinationLease, target: CompiledTarget): void {
    const { clock, sweeper, batches, drain, config } = this.#deps;
    // Whoever waited in vain is told so, even if the answer comes meanwhile.
    const destination =
      lease.target.value === undefined
        ? { ...lease, target: new WatchCell<CompiledTarget | undefined>(target) }
        : lease;
    const service = new OutboundHttpService(this.#deps, destination, this.#inFlight);
    const options = { socket, service, limits: config.http, clock, sweeper, batches, onClose: () => {} };
    const server = version === 'http1' ? new Http1ServerConnection(options) : new Http2ServerConnection(options);
    const hold = drain.hold(() => server.drain());
    socket.once('close', () => hold.release());
  }
}

const protocolLabels = { http1: 'http/1', http2: 'http/2', opaque: 'opaq' } as const;
