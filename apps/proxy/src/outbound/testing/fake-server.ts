/**
 * Servers as an outbound proxy meets them, made of Node's own: a proxy with mesh TLS and transport header in front of
 * node:http, node:http2 or raw bytes, or any of these in clear.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type Http2ServerRequest } from 'node:http2';
import type { Socket } from 'node:net';
import { systemClock } from '@heddle/runtime';
import type { CertificateMill } from '@heddle/testkit';
import { acceptMeshTls, CredentialCell, peek, TcpListener, transportHeaderAlpn } from '@heddle/transport';
import type { TransportHeader } from '@heddle/wire/transport-header';
import { detectHttp, maxDetectBytes } from '../../accept/protocol-detect.ts';
import { readTransportHeader } from '../../accept/transport-header.ts';

export type Request = IncomingMessage | Http2ServerRequest;
/** Both of Node's compatible responses, by what tests use of them. */
export type Response = ServerResponse;

export interface FakeServerOptions {
  /** Absent: in clear. */
  readonly mesh?: { readonly mill: CertificateMill; readonly identity: string };
  /** Instead of `mesh`: certificates that a test changes. */
  readonly credentials?: CredentialCell;
  readonly host?: string;
  /** 0: a free one. */
  readonly port?: number;
  readonly onRequest?: (request: Request, response: Response) => void;
  readonly onBytes?: (socket: Socket) => void;
}

export interface FakeServer {
  readonly port: number;
  /** Connections accepted so far, those whose handshake failed included. */
  readonly accepted: number;
  readonly open: number;
  /** Transport headers received, in order. */
  readonly headers: readonly TransportHeader[];
  /** For what the two handlers do not cover: upgrades, refused streams. */
  readonly http1: Server;
  readonly http2: Http2Server;
  close(): Promise<void>;
}

export const startFakeServer = async (options: FakeServerOptions): Promise<FakeServer> => {
  const { mesh, host = '127.0.0.1', port = 0, onRequest, onBytes } = options;
  const headers: TransportHeader[] = [];
  const http1 = createHttpServer((request, response) => onRequest?.(request, response));
  const http2 = createHttp2Server();
  // Not without need: Node's compatible requests sit on the same streams as a test's own `stream` listeners.
  if (onRequest) http2.on('request', (request, response) => onRequest(request, response as unknown as Response));
  http2.on('sessionError', () => {});
  http1.on('clientError', (_error, socket) => socket.destroy());
  let accepted = 0;
  const hand = (socket: Socket, protocol: string | undefined): void => {
    if (protocol === 'http1') http1.emit('connection', socket);
    else if (protocol === 'http2') http2.emit('connection', Object.assign(socket, { alpnProtocol: 'h2' }));
    else onBytes?.(socket);
  };
  const detect = async (socket: Socket): Promise<void> => {
    const found = await peek(socket, { clock: systemClock, timeoutMs: 5000, maxBytes: maxDetectBytes }, detectHttp);
    hand(socket, found.kind === 'decided' ? found.value : undefined);
  };
  const credentials =
    options.credentials ?? (mesh && new CredentialCell(mesh.mill.trustAnchors, mesh.mill.leaf(mesh.identity)));
  const serve = async (raw: Socket): Promise<void> => {
    accepted += 1;
    if (credentials === undefined) return detect(raw);
    const tls = await acceptMeshTls(raw, {
      credentials,
      clock: systemClock,
      handshakeTimeoutMs: 5000,
      alpn: [transportHeaderAlpn],
    });
    if (tls.alpn === undefined) return detect(tls.socket);
    const header = await readTransportHeader(tls.socket, systemClock, 5000);
    if ('refused' in header) return void raw.destroy();
    headers.push(header);
    hand(tls.socket, header.sessionProtocol);
  };
  const listener = await TcpListener.listen({
    name: 'fake server',
    host,
    port,
    onConnection: (socket) => void serve(socket).catch(() => socket.destroy()),
  });
  return {
    port: listener.port,
    get accepted() {
      return accepted;
    },
    get open() {
      return listener.connections;
    },
    headers,
    http1,
    http2,
    close: () => listener.close(),
  };
};
