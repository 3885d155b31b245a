/**
 * The server side of mesh TLS over a socket that was already accepted, and perhaps peeked at: TLS 1.3 only, client
 * certificate asked for and optional, verified when shown, no resumption (wire §5.3, §5.4).
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '@heddle/runtime';
import type { CredentialCell, CredentialSnapshot } from './credential-cell.ts';
import { type MeshPeer, verifiedPeer } from './mesh-peer.ts';
import { opensslVerdict, releaseControl } from './tls-internals.ts';
import { TransportError, transportErrorFrom } from './transport-error.ts';

export interface MeshServerOptions {
  readonly credentials: CredentialCell;
  readonly clock: Clock;
  /** From now to the end of the handshake, however slowly the bytes drip. */
  readonly handshakeTimeoutMs: number;
  /**
   * Protocols to choose from, preferred first. A client that offers none gets none; one that offers only others is
   * refused (RFC 7301 section 3.2). Empty or absent: offers are ignored.
   */
  readonly alpn?: readonly string[] | undefined;
}

/** A connection whose handshake is done. The socket is paused until it is read from. */
export interface MeshServerConnection {
  readonly socket: TLSSocket;
  /** The verified client; undefined when it showed no certificate. */
  readonly peer: MeshPeer | undefined;
  /** The protocol agreed on, if any. */
  readonly alpn: string | undefined;
  /** The server name that the client asked for, as sent. */
  readonly sni: string | undefined;
  /** `TLSv1.3`. */
  readonly tlsVersion: string;
  /** `TLS_AES_128_GCM_SHA256` and its like. */
  readonly cipher: string;
  /** Generation of the credentials in use; see `CredentialSnapshot`. */
  readonly generation: number;
}

/**
 * Terminates TLS on `raw`. The socket belongs to the returned connection from now on.
 * @throws {TransportError} `no-credentials`, `timeout`, `closed`, `handshake` or `untrusted`; `raw` is then destroyed
 */
export const acceptMeshTls = (raw: Socket, options: MeshServerOptions): Promise<MeshServerConnection> => {
  const credentials = options.credentials.value;
  if (credentials.credentials === undefined) {
    raw.destroy();
    return Promise.reject(new TransportError('no-credentials', 'cannot accept TLS before the first certificate'));
  }
  const { promise, resolve, reject } = Promise.withResolvers<MeshServerConnection>();
  const alpn = options.alpn ?? [];
  const socket = new TLSSocket(raw, {
    isServer: true,
    secureContext: credentials.context,
    requestCert: true,
    // Node would hang up without a reason; `finish` looks at the outcome itself.
    rejectUnauthorized: false,
    ...(alpn.length === 0
      ? {}
      : { ALPNCallback: ({ protocols }) => alpn.find((protocol) => protocols.includes(protocol)) }),
  });
  const refuse = (error: TransportError): void => {
    timer.cancel();
    socket.destroy();
    raw.destroy();
    reject(error);
  };
  const timer = options.clock.after(options.handshakeTimeoutMs, () =>
    refuse(new TransportError('timeout', `TLS handshake not done within ${options.handshakeTimeoutMs} ms`)),
  );
  // Stays for the life of the socket: an error nobody listens to would end the process.
  socket.on('error', (error) => refuse(transportErrorFrom(error, 'TLS handshake', 'handshake')));
  const onGone = (): void => refuse(new TransportError('closed', 'client went away during the TLS handshake'));
  socket.once('close', onGone);
  // Half-open is allowed later; a client that ends before it is done will not be done.
  socket.once('end', onGone);
  socket.once('secure', () => {
    socket.off('end', onGone);
    try {
      const connection = finish(socket, credentials, options.clock.wallMs());
      timer.cancel();
      resolve(connection);
    } catch (error) {
      refuse(transportErrorFrom(error, 'TLS handshake', 'handshake'));
    }
  });
  return promise;
};

const finish = (socket: TLSSocket, credentials: CredentialSnapshot, wallMs: number): MeshServerConnection => {
  const peer = verifiedPeer(socket, { trustAnchors: credentials.trustAnchors, wallMs, purpose: 'clientAuth' });
  if (peer !== undefined) {
    if (peer.kind === 'invalid') throw new TransportError('untrusted', `client certificate: ${peer.reason}`);
    const verdict = opensslVerdict(socket);
    if (verdict !== undefined) throw new TransportError('untrusted', `client certificate: ${verdict}`);
  }
  releaseControl(socket, peer !== undefined);
  const { servername } = socket as { servername?: string | false | null };
  return {
    socket,
    peer: peer?.value,
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    sni: typeof servername === 'string' ? servername : undefined,
    tlsVersion: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    generation: credentials.generation,
  };
};
