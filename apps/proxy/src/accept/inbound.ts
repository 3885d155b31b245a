/**
 * From an accepted socket to the service that answers it (wire §6.1, §6.4):
 *
 * ```
 *   original destination ─┬─ our own inbound port ─► mesh TLS (required) ─► transport header ─► policy ─┐
 *                         └─ a port of the workload ─► policy ─► opaque? ─ yes ──────────────► relay    │
 *                                                               no: TLS? ─► terminate or not ─► detect ─┴► HTTP or relay
 * ```
 *
 * Whatever cannot be known in time is refused; nothing is guessed.
 */
import type { Socket } from 'node:net';
import { formatIp, isLoopback, parseIp, sameIp } from '@heddle/names';
import type { ConnectionFacts, TlsFacts } from '@heddle/policy';
import type { Drain } from '@heddle/runtime';
import {
  acceptMeshTls,
  type CredentialCell,
  type HandshakeGate,
  type MeshServerConnection,
  type OriginalDestination,
  peek,
  type SocketAddress,
  TransportError,
  transportHeaderAlpn,
  unmappedIp,
  watchTrust,
} from '@heddle/transport';
import type { ProxyConfig } from '../config/model.ts';
import { aborts } from '../http/abort.ts';
import type { ServerConnection, ServerConnectionOptions } from '../http/stream.ts';
import { Http1ServerConnection } from '../http1/server-connection.ts';
import { PeerBudgets } from '../http2/peer-budgets.ts';
import { Http2ServerConnection } from '../http2/server-connection.ts';
import { type InboundClient, serverLabels, type TlsLabels, targetLabels } from '../inbound/client.ts';
import { InboundConnection } from '../inbound/connection.ts';
import type { InboundDeps } from '../inbound/deps.ts';
import { InboundHttpService } from '../inbound/http-service.ts';
import type { PolicyStore, PortPolicy, PortState } from '../inbound/policy-store.ts';
import { serveTcp } from '../inbound/tcp.ts';
import { whenClosed } from '../tcp/closed.ts';
import { meterConnection } from './connection-meter.ts';
import { detectInbound } from './http-likeness.ts';
import { isLocalPeer } from './local-peer.ts';
import { maxDetectBytes } from './protocol-detect.ts';
import { applicationPorts } from './redirection.ts';
import { detectTls } from './tls-detect.ts';
import { readTransportHeader } from './transport-header.ts';

export interface InboundAcceptOptions {
  readonly config: ProxyConfig;
  readonly deps: InboundDeps;
  readonly store: PolicyStore;
  readonly credentials: CredentialCell;
  readonly gate: HandshakeGate;
  readonly destinations: OriginalDestination;
  readonly drain: Drain;
}

/** Why a connection ended before it was served; the label of inbound_tcp_errors_total. */
class Refused extends Error {}

export class InboundAcceptor {
  readonly #options: InboundAcceptOptions;
  readonly #resets: PeerBudgets;
  readonly #isApplication: (target: SocketAddress) => boolean;

  constructor(options: InboundAcceptOptions) {
    this.#options = options;
    this.#isApplication = applicationPorts(options.config);
    this.#resets = new PeerBudgets(options.deps.limits.http2.maxResetsPerSecond);
  }

  /** Serves an accepted connection; owns the socket. */
  async accept(socket: Socket): Promise<void> {
    const target = this.#options.destinations.of(socket);
    try {
      if (target === undefined || !this.#isOurs(target)) throw new Refused('unknown destination');
      if (target.port === this.#options.config.inbound.listen.port) await this.#acceptDirect(socket, target);
      else await this.#acceptRedirected(socket, target);
    } catch (error) {
      socket.destroy();
      this.#report(error, target);
    }
  }

  // ---- the two ways in -----------------------------------------------------------------------------------------

  async #acceptRedirected(socket: Socket, target: SocketAddress): Promise<void> {
    const { config, deps } = this.#options;
    const port = this.#acquire(socket, target.port);
    const state = await this.#known(port);
    if (kindOf(state) === 'opaque') {
      const client = this.#client(
        socket,
        target,
        { kind: 'none' },
        { tls: 'no_identity', no_tls_reason: 'port_skipped' },
      );
      return this.#serve(socket, socket, client, port, 'tcp');
    }
    const timeoutMs = detectTimeoutOf(state) ?? config.inbound.detectTimeoutMs;
    const tls = await detectTls(socket, config.identity.localName, deps.clock, timeoutMs);
    switch (tls.kind) {
      case 'mesh': {
        const mesh = await this.#terminate(socket, []);
        return this.#serveMesh(mesh, socket, target, port, timeoutMs);
      }
      case 'foreign': {
        const client = this.#client(socket, target, { kind: 'none' }, { tls: 'opaque' });
        return this.#serve(socket, socket, client, port, 'tcp');
      }
      case 'plain': {
        const client = this.#client(socket, target, { kind: 'none' }, plainLabels(socket));
        return this.#detectAndServe(socket, socket, client, port, timeoutMs);
      }
      case 'timeout': {
        const client = this.#client(socket, target, { kind: 'none' }, plainLabels(socket));
        return this.#serve(socket, socket, client, port, 'tcp');
      }
      case 'broken':
        throw new Refused('tls detection');
      case 'gone':
        socket.destroy();
    }
  }

  /** Another proxy that came to our own port: mutual TLS with our ALPN, then the header names the port. */
  async #acceptDirect(socket: Socket, target: SocketAddress): Promise<void> {
    const { config, deps } = this.#options;
    const tls = await detectTls(socket, config.identity.localName, deps.clock, config.inbound.detectTimeoutMs);
    if (tls.kind === 'gone') return void socket.destroy();
    if (tls.kind !== 'mesh') throw new Refused('identity required');
    const mesh = await this.#terminate(socket, [transportHeaderAlpn]);
    if (mesh.peer === undefined || mesh.alpn !== transportHeaderAlpn) throw new Refused('identity required');
    const header = await readTransportHeader(mesh.socket, deps.clock, config.inbound.detectTimeoutMs);
    if ('refused' in header) throw new Refused('transport header');
    if (header.name !== undefined) throw new Refused('gateway domain invalid');
    if (header.port === config.inbound.listen.port) throw new Refused('gateway loop');
    if (!this.#isApplication({ ip: target.ip, port: header.port })) throw new Refused('own port');
    deps.metrics.transportHeaders
      .cell({
        session_protocol: header.sessionProtocol === undefined ? '' : header.sessionProtocol.replace('http', 'http/'),
        target_port: String(header.port),
        target_name: '',
        client_id: mesh.peer.identity,
      })
      .add();
    const port = this.#acquire(socket, header.port);
    await this.#known(port);
    const client = this.#meshClient(mesh, socket, { ip: target.ip, port: header.port });
    this.#watchPeer(mesh, socket);
    return this.#serve(mesh.socket, socket, client, port, header.sessionProtocol ?? 'tcp');
  }

  // ---- steps ---------------------------------------------------------------------------------------------------

  #isOurs({ ip }: SocketAddress): boolean {
    const { ips } = this.#options.config.inbound;
    const parsed = parseIp(ip);
    return parsed.kind === 'ok' && (ips.length === 0 || ips.some((each) => sameIp(each, parsed.value)));
  }

  /** The port's policy, in use until the connection closes. */
  #acquire(raw: Socket, port: number): PortPolicy {
    const { store } = this.#options;
    const policy = store.acquire(port);
    if (policy === undefined) throw new Refused('too many ports');
    whenClosed(raw, () => store.release(port));
    return policy;
  }

  async #known(port: PortPolicy): Promise<Exclude<PortState, { kind: 'unknown' }>> {
    const state = await this.#options.store.whenKnown(port);
    if (state.kind === 'unknown') throw new Refused('policy unknown');
    return state;
  }

  async #terminate(socket: Socket, alpn: readonly string[]): Promise<MeshServerConnection> {
    const { gate, credentials, deps, config } = this.#options;
    const entered = gate.enter(unmappedIp(socket.remoteAddress ?? ''));
    if (entered === undefined) throw new Refused('loadshed');
    const release = await entered;
    try {
      const handshakeTimeoutMs = config.inbound.detectTimeoutMs;
      return await acceptMeshTls(socket, { credentials, clock: deps.clock, handshakeTimeoutMs, alpn });
    } finally {
      release();
    }
  }

  #serveMesh(
    mesh: MeshServerConnection,
    raw: Socket,
    target: SocketAddress,
    port: PortPolicy,
    timeoutMs: number,
  ): Promise<void> {
    const client = this.#meshClient(mesh, raw, target);
    this.#watchPeer(mesh, raw);
    return this.#detectAndServe(mesh.socket, raw, client, port, timeoutMs);
  }

  async #detectAndServe(
    socket: Socket,
    raw: Socket,
    client: InboundClient,
    port: PortPolicy,
    timeoutMs: number,
  ): Promise<void> {
    const { deps } = this.#options;
    const kind = kindOf(port.state.value);
    if (kind === 'tls' || kind === 'opaque') return this.#serve(socket, raw, client, port, 'tcp');
    const result = await peek(socket, { clock: deps.clock, timeoutMs, maxBytes: maxDetectBytes }, detectInbound);
    const found = result.kind === 'decided' ? result.value : result.kind;
    deps.metrics.detected.cell({ result: detectLabels[found] }).add();
    if (found === 'failed') return void socket.destroy();
    return this.#serve(socket, raw, client, port, found === 'http1' || found === 'http2' ? found : 'tcp');
  }

  #serve(
    socket: Socket,
    raw: Socket,
    client: InboundClient,
    port: PortPolicy,
    how: 'http1' | 'http2' | 'tcp',
  ): Promise<void> {
    const { deps, drain } = this.#options;
    const connection = new InboundConnection(deps, client, port);
    meterConnection(raw, {
      ...deps,
      labels: {
        direction: 'inbound',
        peer: 'src',
        ...targetLabels(client.target),
        ...serverLabels(connection.rules.server, client.target.port),
        ...client.tls,
      },
    });
    if (how === 'tcp') {
      whenClosed(socket, () => connection.close());
      return serveTcp(socket, connection, drain);
    }
    const service = new InboundHttpService(connection);
    const options: ServerConnectionOptions = {
      socket,
      service,
      limits: deps.limits,
      clock: deps.clock,
      sweeper: deps.sweeper,
      batches: deps.batches,
      resets:
        how === 'http2'
          ? this.#resets.of(client.identity, formatIp(client.facts.clientIp), deps.clock.nowMs())
          : undefined,
      onClose: () => connection.close(),
    };
    const server = how === 'http1' ? new Http1ServerConnection(options) : new Http2ServerConnection(options);
    const hold = drain.hold(() => server.drain());
    connection.onPolicyChange = () => server.forEachExchange((exchange) => service.revoke(exchange));
    whenClosed(raw, () => hold.release());
    this.#drainers.set(raw, server);
    whenClosed(raw, () => this.#drainers.delete(raw));
    return Promise.resolve();
  }

  /** HTTP connections by their TCP socket: what is drained when a peer is no longer trusted. */
  readonly #drainers = new Map<Socket, ServerConnection>();

  /** The peer's certificate ends, or its anchor is dropped: what is open may end, nothing new begins. */
  #watchPeer(mesh: MeshServerConnection, raw: Socket): void {
    if (mesh.peer === undefined) return;
    const { credentials, deps, config } = this.#options;
    watchTrust(mesh.socket, mesh.peer, {
      credentials,
      clock: deps.clock,
      onUntrusted: () => {
        const server = this.#drainers.get(raw);
        if (server === undefined) return void raw.destroy();
        server.drain();
        const timer = deps.clock.after(config.shutdownGraceMs, () => server.destroy(aborts.revoked));
        whenClosed(raw, () => timer.cancel());
      },
    });
  }

  #meshClient(mesh: MeshServerConnection, raw: Socket, target: SocketAddress): InboundClient {
    const { peer } = mesh;
    const tls: TlsFacts = peer === undefined ? { kind: 'anonymous' } : { kind: 'mutual', identity: peer.identity };
    const labels: TlsLabels =
      peer === undefined
        ? { tls: 'no_identity', no_tls_reason: 'no_tls_from_remote' }
        : { tls: 'true', client_id: peer.identity };
    return this.#client(raw, target, tls, labels);
  }

  #client(raw: Socket, target: SocketAddress, tls: TlsFacts, labels: TlsLabels): InboundClient {
    const clientIp = parseIp(unmappedIp(raw.remoteAddress ?? ''));
    if (clientIp.kind !== 'ok') throw new Refused('gone');
    const isLocal = isLocalPeer(this.#options.config, clientIp.value);
    const facts: ConnectionFacts = { clientIp: clientIp.value, tls, isLocal };
    return { facts, identity: tls.kind === 'mutual' ? tls.identity : '', target, tls: labels };
  }

  #report(error: unknown, target: SocketAddress | undefined): void {
    const { deps } = this.#options;
    const reason =
      error instanceof Refused ? error.message : error instanceof TransportError ? error.code : 'unexpected';
    deps.metrics.inboundTcpErrors.cell({ error: reason, target_port: String(target?.port ?? 0) }).add();
    if (reason === 'unexpected') {
      deps.log.error({ err: error, target }, 'inbound connection failed');
      return;
    }
    const suppressed = deps.denialSampler.take(deps.clock.nowMs());
    if (suppressed >= 0) {
      const detail = error instanceof Error ? error.message : '';
      deps.log.info({ reason, detail, target, suppressed }, 'inbound connection refused');
    }
  }
}

const detectLabels = {
  http1: 'http/1',
  http2: 'http/2',
  'not-http': 'not_http',
  timeout: 'read_timeout',
  full: 'not_http',
  ended: 'not_http',
  failed: 'error',
} as const;

const kindOf = (state: PortState): string =>
  state.kind === 'known' ? state.compiled.policy.protocol.kind : state.kind;

const detectTimeoutOf = (state: PortState): number | undefined => {
  if (state.kind !== 'known') return undefined;
  const { protocol } = state.compiled.policy;
  return protocol.kind === 'detect' ? protocol.timeoutMs : undefined;
};

const plainLabels = (socket: Socket): TlsLabels => {
  const ip = parseIp(unmappedIp(socket.remoteAddress ?? ''));
  const isLocal = ip.kind === 'ok' && isLoopback(ip.value);
  return { tls: 'no_identity', no_tls_reason: isLocal ? 'loopback' : 'no_tls_from_remote' };
};
