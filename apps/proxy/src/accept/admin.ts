/**
 * Connections to the admin port: in clear, or mesh TLS for our name, so that a scraper with a mesh identity may read the
 * metrics (wire §10.1). Who is not terminated here is served as plaintext, and may ask for health only unless its
 * address says otherwise.
 */
import type { Socket } from 'node:net';
import { networkContains, parseIp } from '@heddle/names';
import type { AdminPeer, AdminServer, Clock } from '@heddle/runtime';
import { acceptMeshTls, type CredentialCell, type HandshakeGate, unmappedIp } from '@heddle/transport';
import type { ProxyConfig } from '../config/model.ts';
import { detectTls } from './tls-detect.ts';

/** The kubelet sends its request at once. */
const detectTimeoutMs = 1000;

export interface AdminAcceptOptions {
  readonly config: ProxyConfig;
  readonly credentials: CredentialCell;
  readonly gate: HandshakeGate;
  readonly clock: Clock;
}

export class AdminAcceptor {
  readonly #options: AdminAcceptOptions;
  /** Peers that proved a mesh identity. */
  readonly #meshed = new WeakSet<Socket>();

  constructor(options: AdminAcceptOptions) {
    this.#options = options;
  }

  /** Hands the connection to the admin server, decrypted where it was for us. Owns the socket. */
  async accept(socket: Socket, server: AdminServer): Promise<void> {
    const { config, clock } = this.#options;
    const detected = await detectTls(socket, config.identity.localName, clock, detectTimeoutMs);
    if (detected.kind === 'plain') return server.accept(socket);
    const mesh = detected.kind === 'mesh' ? await this.#terminate(socket) : undefined;
    if (mesh === undefined) {
      socket.destroy();
      return;
    }
    server.accept(mesh);
  }

  /** Mesh identities, and networks that the configuration names. */
  readonly mayScrape = ({ address, socket }: AdminPeer): boolean => {
    if (this.#meshed.has(socket)) return true;
    const ip = parseIp(address);
    const { scrapeNetworks } = this.#options.config.admin;
    return ip.kind === 'ok' && scrapeNetworks.some((network) => networkContains(network, ip.value));
  };

  async #terminate(socket: Socket): Promise<Socket | undefined> {
    const { gate, credentials, clock } = this.#options;
    const entered = gate.enter(unmappedIp(socket.remoteAddress ?? ''));
    if (entered === undefined) return undefined;
    const release = await entered;
    try {
      const mesh = await acceptMeshTls(socket, { credentials, clock, handshakeTimeoutMs: detectTimeoutMs });
      if (mesh.peer !== undefined) this.#meshed.add(mesh.socket);
      return mesh.socket;
    } catch {
      return undefined;
    } finally {
      release();
    }
  }
}
