/**
 * The client side of mesh TLS (wire §5.3, §5.4): SNI is the peer's server name, and instead of a host name the peer's
 * certificate must carry the identity we were told to expect.
 */
import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Clock } from '@heddle/runtime';
import type { CredentialCell } from './credential-cell.ts';
import { type MeshPeer, verifiedPeer } from './mesh-peer.ts';
import { connectTcp, type TcpClientOptions } from './tcp-client.ts';
import { TransportError, transportErrorFrom } from './transport-error.ts';

export interface MeshClientOptions {
  readonly credentials: CredentialCell;
  readonly clock: Clock;
  /** SNI to send. */
  readonly serverName: string;
  /** Identity (DNS or URI name) that the server's certificate must carry. */
  readonly identity: string;
  readonly handshakeTimeoutMs: number;
  /** Protocols to offer; absent or empty: no ALPN at all, which is how mesh connections normally are. */
  readonly alpn?: readonly string[] | undefined;
  /** `require` (the default) fails without a certificate of our own; `omit` shows none. */
  readonly clientCertificate?: 'require' | 'omit' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A connection whose handshake is done and whose server is whom we wanted. Paused until it is read from. */
export interface MeshClientConnection {
  readonly socket: TLSSocket;
  readonly peer: MeshPeer;
  readonly alpn: string | undefined;
  /** `TLSv1.3`. */
  readonly tlsVersion: string;
  readonly cipher: string;
  /** Key exchange group, `X25519MLKEM768` between two of us. Only a client can see it. */
  readonly group: string;
  /** Generation of the credentials in use; see `CredentialSnapshot`. */
  readonly generation: number;
}

/** Connects to `host:port` and starts mesh TLS; both deadlines apply one after the other. */
export const connectMeshTls = async (options: MeshClientOptions & TcpClientOptions): Promise<MeshClientConnection> =>
  startMeshTls(await connectTcp(options), options);

/**
 * Starts mesh TLS on a connected socket, which belongs to the returned connection from now on.
 * @throws {TransportError} `no-credentials`, `timeout`, `closed`, `handshake`, `untrusted`, `wrong-identity` or `aborted`;
 *   `raw` is then destroyed
 */
export const startMeshTls = (raw: Socket, options: MeshClientOptions): Promise<MeshClientConnection> => {
  const { clock, signal, serverName, identity } = options;
  const what = `TLS handshake with ${identity}`;
  const snapshot = options.credentials.value;
  const isAnonymous = options.clientCertificate === 'omit';
  if (signal?.aborted === true || (!isAnonymous && snapshot.credentials === undefined)) {
    raw.destroy();
    return Promise.reject(
      signal?.aborted === true
        ? new TransportError('aborted', `${what}: aborted`)
        : new TransportError('no-credentials', `${what}: no certificate of our own yet`),
    );
  }
  const { promise, resolve, reject } = Promise.withResolvers<MeshClientConnection>();
  let peer: MeshPeer | undefined;
  const socket = connect({
    socket: raw,
    secureContext: isAnonymous ? snapshot.anonymousContext : snapshot.context,
    servername: serverName,
    rejectUnauthorized: true,
    // Called only after OpenSSL found the chain good; an error returned here ends the connection.
    checkServerIdentity: () => {
      const expected = { trustAnchors: snapshot.trustAnchors, wallMs: clock.wallMs(), purpose: 'serverAuth' } as const;
      const verified = verifiedPeer(socket, expected);
      if (verified === undefined) return new TransportError('untrusted', `${what}: server showed no certificate`);
      if (verified.kind === 'invalid') return new TransportError('untrusted', `${what}: ${verified.reason}`);
      if (verified.value.identity !== identity) {
        return new TransportError('wrong-identity', `${what}: the server is ${verified.value.identity}`);
      }
      peer = verified.value;
      return undefined;
    },
    ...(options.alpn === undefined || options.alpn.length === 0 ? {} : { ALPNProtocols: [...options.alpn] }),
  });
  // `connect` would read the whole chain into objects for `checkServerIdentity`, a third of a millisecond for nothing.
  socket.getPeerCertificate = noCertificate;
  const settle = (): void => {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  };
  const fail = (error: TransportError): void => {
    settle();
    socket.destroy();
    raw.destroy();
    reject(error);
  };
  const onAbort = (): void => fail(new TransportError('aborted', `${what}: aborted`));
  const timer = clock.after(options.handshakeTimeoutMs, () =>
    fail(new TransportError('timeout', `${what}: not done within ${options.handshakeTimeoutMs} ms`)),
  );
  signal?.addEventListener('abort', onAbort, { once: true });
  // Stays for the life of the socket: an error nobody listens to would end the process.
  socket.on('error', (error) =>
    fail(transportErrorFrom(error, what, isVerificationError(error) ? 'untrusted' : 'handshake')),
  );
  socket.once('close', () => fail(new TransportError('closed', `${what}: the server went away`)));
  socket.once('secureConnect', () => {
    if (peer === undefined || !socket.authorized) {
      fail(new TransportError('untrusted', `${what}: the server's certificate was not verified`));
      return;
    }
    settle();
    Reflect.deleteProperty(socket, 'getPeerCertificate');
    const group = socket.getEphemeralKeyInfo();
    resolve({
      socket,
      peer,
      alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
      tlsVersion: socket.getProtocol() ?? 'unknown',
      cipher: socket.getCipher().standardName,
      group: group !== null && 'name' in group && typeof group.name === 'string' ? group.name : 'unknown',
      generation: snapshot.generation,
    });
  });
  return promise;
};

/** `undefined` is what `checkServerIdentity` ignores here; `verifiedPeer` asks in its own way. */
const noCertificate = (() => undefined) as unknown as TLSSocket['getPeerCertificate'];

/** OpenSSL's verdicts on chains carry their `X509_V_ERR_` name as code, without `ERR_` in front. */
const isVerificationError = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && /CERT|CHAIN|CRL|CA_|PURPOSE|SIGNATURE/.test(error.code);
