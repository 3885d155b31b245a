/**
 * The admin port of a process: `/live`, `/ready`, `/metrics` and what the process adds (wire §10.1). Who may read what:
 *
 *   /live, /ready          anyone, in clear: the kubelet asks before there is a certificate; the answer is a status only
 *   access 'scrape'        loopback, or whoever the process admits (mesh identities, scrape networks)
 *   access 'loopback'      loopback peers only, and no browser in their name: it asks for a host by address or as
 *                          localhost, and does not say that a page of another origin sent it
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP, type Socket } from 'node:net';
import { everyAddress } from './ipv6.ts';
import { ListenError } from './listen-error.ts';

export interface AdminPeer {
  /** Textual address; IPv4-mapped addresses appear as IPv4. */
  readonly address: string;
  readonly isLoopback: boolean;
  /** The socket, for processes that terminate mesh TLS on this port. */
  readonly socket: Socket;
}

export interface AdminHandler {
  readonly path: string;
  readonly methods: readonly string[];
  readonly access: 'scrape' | 'loopback';
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export interface AdminOptions {
  /** Where `listen` listens. */
  readonly host: string;
  readonly port: number;
  /** What readiness still waits for; ready when empty. Shown in the 503 to loopback peers only. */
  readonly notReady: () => readonly string[];
  readonly handlers: readonly AdminHandler[];
  /** Admits peers beyond loopback to 'scrape' handlers. */
  readonly mayScrape?: (peer: AdminPeer) => boolean;
  readonly onError?: (error: unknown) => void;
}

/** A header line or a body beyond these is nobody's admin request. */
const maxHeaderBytes = 8192;
const maxConnections = 128;
const requestTimeoutMs = 10_000;

const isLoopbackAddress = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** An address, `localhost` or a name below it, with or without a port; no name that somebody else may point here. */
const isOwnHost = (host: string): boolean => {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || name === 'localhost' || name.endsWith('.localhost');
};

const isFromBrowser = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined || !isOwnHost(headers.host ?? 'localhost');

const peerOf = (socket: Socket): AdminPeer => {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  return { address, isLoopback: isLoopbackAddress(address), socket };
};

/** The body of a request that needs none is thrown away. */
const answer = (response: ServerResponse, status: number, body: string): void => {
  response.req.resume();
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

export class AdminServer {
  readonly #options: AdminOptions;
  readonly #server: Server;
  readonly #handlers: ReadonlyMap<string, AdminHandler>;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.path, handler]));
    this.#server = createServer(
      { maxHeaderSize: maxHeaderBytes, requestTimeout: requestTimeoutMs },
      (request, response) => this.#route(request, response),
    );
    this.#server.maxConnections = maxConnections;
  }

  /** Resolves once the port is open; rejects with a ListenError when it cannot be (in use, no such address). */
  listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => reject(new ListenError({ name: 'admin', host, port }, error));
      this.#server.once('error', refuse);
      this.#server.listen(port, everyAddress(host), () => {
        this.#server.removeListener('error', refuse);
        this.#server.on('error', (error) => this.#options.onError?.(error));
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /** Instead of `listen`: serves a connection that was accepted (and perhaps decrypted) elsewhere. */
  accept(socket: Socket): void {
    socket.setTimeout(requestTimeoutMs, () => socket.destroy());
    this.#server.emit('connection', socket);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/live') return answer(response, 200, 'live\n');
    const peer = peerOf(request.socket);
    if (path === '/ready') return this.#answerReady(peer, response);
    const handler = this.#handlers.get(path);
    if (handler === undefined) return answer(response, 404, 'not found\n');
    const admitted = peer.isLoopback || (handler.access === 'scrape' && this.#options.mayScrape?.(peer) === true);
    const isForged = handler.access === 'loopback' && isFromBrowser(request);
    if (!admitted || isForged) return answer(response, 403, 'forbidden\n');
    if (!handler.methods.includes(request.method ?? '')) {
      response.setHeader('allow', handler.methods.join(', '));
      return answer(response, 405, 'method not allowed\n');
    }
    void this.#run(handler, request, response);
  }

  #answerReady(peer: AdminPeer, response: ServerResponse): void {
    const missing = this.#options.notReady();
    if (missing.length === 0) return answer(response, 200, 'ready\n');
    answer(response, 503, peer.isLoopback ? `waiting for ${missing.join(', ')}\n` : 'not ready\n');
  }

  async #run(handler: AdminHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await handler.handle(request, response);
    } catch (error) {
      this.#options.onError?.(error);
      if (response.headersSent) response.destroy();
      else answer(response, 500, 'internal error\n');
    }
  }
}
