/**
 * gRPC over mesh TLS: connections are accepted, limited, verified and only then handed to @grpc/grpc-js. Clients need no
 * ALPN (mesh proxies send none); those that offer `h2` get it.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '@heddle/runtime';
import {
  acceptMeshTls,
  type CredentialCell,
  HandshakeGate,
  peek,
  TcpListener,
  TransportError,
  unmappedIp,
  watchTrust,
} from '@heddle/transport';
import type { CallTransport } from './call-context.ts';
import type { BoundService, ReportError } from './service.ts';

export interface GrpcServerOptions {
  /** For messages: "policy API". */
  readonly name: string;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly services: readonly BoundService[];
  readonly credentials: CredentialCell;
  readonly clock: Clock;
  /** `required` ends connections without a client certificate; `optional` leaves the question to the handlers. */
  readonly clientCertificate: 'required' | 'optional';
  /** Accept HTTP/2 in clear from peers on the loopback interface (DESIGN §2). Off by default. */
  readonly cleartextFromLoopback?: boolean | undefined;
  /** Largest request, 1 MiB by default: requests of the mesh's APIs are small. */
  readonly maxRequestBytes?: number | undefined;
  /** Connections held at once; more are closed on arrival. 16 384 by default, and 4096 of one peer address. */
  readonly maxConnections?: number | undefined;
  readonly maxConnectionsPerPeer?: number | undefined;
  readonly reportError: ReportError;
  /** Told of each connection that was refused, and why. */
  readonly onRefused?: ((peerIp: string, error: TransportError) => void) | undefined;
}

const handshakeTimeoutMs = 10_000;
const keepaliveMs = 30_000;
const keepaliveTimeoutMs = 10_000;
/** A proxy watches a few streams per port and destination; one that opens more than this is not well. */
const maxStreamsPerConnection = 4096;
/** A control plane serves thousands of proxies; a peer address is one proxy, or one node behind a translation. */
const gateLimits = { maxPending: 1024, maxPendingPerPeer: 256, ratePerSecond: 500, burst: 100 };
const defaultMaxConnections = 16_384;
/** One peer address is a pod, or a node whose pods are translated to it. */
const defaultMaxConnectionsPerPeer = 4096;
const tlsRecordType = 0x16;

export class GrpcServer {
  readonly #listener: TcpListener;
  readonly #backends: readonly Backend[];
  readonly #clock: Clock;

  private constructor(listener: TcpListener, backends: readonly Backend[], clock: Clock) {
    this.#listener = listener;
    this.#backends = backends;
    this.#clock = clock;
  }

  /** @throws {ListenError} when the port cannot be opened */
  static async listen(options: GrpcServerOptions): Promise<GrpcServer> {
    const meshTls = createBackend(options, 'mesh-tls');
    const cleartext = options.cleartextFromLoopback === true ? createBackend(options, 'loopback-cleartext') : undefined;
    const gate = new HandshakeGate({ clock: options.clock, ...gateLimits });
    const serve = async (socket: Socket): Promise<void> => {
      const isCleartext = cleartext !== undefined && (await isLoopbackCleartext(socket, options.clock));
      if (isCleartext) cleartext.injector.injectConnection(socket);
      else meshTls.injector.injectConnection(await terminate(socket, gate, options));
    };
    const perPeer = new PeerConnections(options.maxConnectionsPerPeer ?? defaultMaxConnectionsPerPeer);
    const refuse = (peerIp: string): void =>
      options.onRefused?.(peerIp, new TransportError('overloaded', 'too many connections at once'));
    const listener = await TcpListener.listen({
      name: options.name,
      host: options.host,
      port: options.port,
      maxConnections: options.maxConnections ?? defaultMaxConnections,
      onRefused: refuse,
      onConnection: (socket) => {
        if (!perPeer.enter(socket)) {
          refuse(unmappedIp(socket.remoteAddress ?? ''));
          return void socket.destroy();
        }
        // Nothing half-open in HTTP/2: the end of one direction is the end.
        socket.allowHalfOpen = false;
        serve(socket).catch((error: unknown) => {
          socket.destroy();
          if (error instanceof TransportError) options.onRefused?.(unmappedIp(socket.remoteAddress ?? ''), error);
          else options.reportError(error, `${options.name}: accept`);
        });
      },
    });
    return new GrpcServer(listener, cleartext === undefined ? [meshTls] : [meshTls, cleartext], options.clock);
  }

  get port(): number {
    return this.#listener.port;
  }

  get connections(): number {
    return this.#listener.connections;
  }

  /** Closes the port, tells clients to go elsewhere, waits up to `graceMs` for their calls, then ends the rest. */
  async drain(graceMs: number): Promise<void> {
    for (const { injector } of this.#backends) injector.drain(graceMs);
    await this.#listener.drain(this.#clock, graceMs);
    await this.close();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    await this.#listener.close();
    for (const { server } of this.#backends) server.forceShutdown();
  }
}

/** How many connections each peer address holds. */
class PeerConnections {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts the connection until it closes; false: one too many. */
  enter(socket: Socket): boolean {
    const peerIp = unmappedIp(socket.remoteAddress ?? '');
    const count = this.#open.get(peerIp) ?? 0;
    if (count >= this.#most) return false;
    this.#open.set(peerIp, count + 1);
    socket.once('close', () => {
      const left = (this.#open.get(peerIp) ?? 1) - 1;
      if (left === 0) this.#open.delete(peerIp);
      else this.#open.set(peerIp, left);
    });
    return true;
  }
}

interface Backend {
  readonly server: Server;
  readonly injector: ConnectionInjector;
}

/** One per transport, so that a handler's knowledge of how a call came in does not depend on what the call says. */
const createBackend = (options: GrpcServerOptions, transport: CallTransport): Backend => {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxRequestBytes ?? 1 << 20,
    'grpc.max_concurrent_streams': maxStreamsPerConnection,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
  });
  for (const service of options.services) {
    const { definition, implementation } = service.bind(transport, options.reportError);
    server.addService(definition, implementation);
  }
  // TLS is ours: what is injected is already decrypted and verified.
  return { server, injector: server.createConnectionInjector(ServerCredentials.createInsecure()) };
};

const isLoopbackCleartext = async (socket: Socket, clock: Clock): Promise<boolean> => {
  const peerIp = unmappedIp(socket.remoteAddress ?? '');
  if (!peerIp.startsWith('127.') && peerIp !== '::1') return false;
  const first = await peek(socket, { clock, timeoutMs: handshakeTimeoutMs, maxBytes: 1 }, (bytes) => bytes[0]);
  if (first.kind !== 'decided') throw new TransportError('closed', 'the client said nothing');
  return first.value !== tlsRecordType;
};

/** Terminates mesh TLS; resolves to a socket whose peer is verified. */
const terminate = async (socket: Socket, gate: HandshakeGate, options: GrpcServerOptions): Promise<TLSSocket> => {
  const { clock, credentials } = options;
  const place = gate.enter(unmappedIp(socket.remoteAddress ?? ''));
  if (place === undefined) throw new TransportError('overloaded', 'too many handshakes at once');
  const release = await place;
  try {
    const connection = await acceptMeshTls(socket, { credentials, clock, handshakeTimeoutMs, alpn: ['h2'] });
    if (connection.peer === undefined && options.clientCertificate === 'required') {
      connection.socket.destroy();
      throw new TransportError('untrusted', 'a client certificate is required');
    }
    if (connection.peer !== undefined) {
      watchTrust(connection.socket, connection.peer, { credentials, clock, onUntrusted: () => socket.destroy() });
    }
    // What Node's HTTP/2 server wants to read before it takes a TLS socket.
    connection.socket.alpnProtocol = 'h2';
    return connection.socket;
  } finally {
    release();
  }
};
