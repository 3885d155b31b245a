/** Another proxy, as seen from the inbound side: connects to the direct port with mesh TLS and a transport header. */
import { systemClock } from '@heddle/runtime';
import { type CertificateMill, RawClient } from '@heddle/testkit';
import { CredentialCell, connectMeshTls, type MeshClientConnection, transportHeaderAlpn } from '@heddle/transport';
import { encodeTransportHeader, type TransportHeader } from '@heddle/wire/transport-header';
import type { TestProxy } from './test-proxy.ts';

export interface MeshPeerOptions {
  readonly mill: CertificateMill;
  /** Whom the peer is; absent: shows no certificate. */
  readonly identity?: string;
  /** Lifetime of its certificate. */
  readonly lifetimeMs?: number;
  readonly alpn?: readonly string[];
  /** Instead of the proxy's direct port. */
  readonly port?: number;
}

const connectTimeoutMs = 5000;
/** The mill's certificates end so much later than their lifetime says. */
const millSkewMs = 60_000;

export const connectMeshPeer = (proxy: TestProxy, options: MeshPeerOptions): Promise<MeshClientConnection> => {
  const { mill, identity, lifetimeMs } = options;
  const leaf = mill.leaf(
    identity ?? 'nobody',
    lifetimeMs === undefined ? {} : { lifetimeMs, nowMs: Date.now() - millSkewMs },
  );
  return connectMeshTls({
    host: proxy.ip,
    port: options.port ?? proxy.inboundPort,
    credentials: new CredentialCell(mill.trustAnchors, leaf),
    clientCertificate: identity === undefined ? 'omit' : 'require',
    clock: systemClock,
    serverName: proxy.identity,
    identity: proxy.identity,
    connectTimeoutMs,
    handshakeTimeoutMs: connectTimeoutMs,
    alpn: options.alpn ?? [transportHeaderAlpn],
  });
};

/** Connected, with the header sent; what is sent next is the application's. */
export const connectDirect = async (
  proxy: TestProxy,
  options: MeshPeerOptions,
  header: Pick<TransportHeader, 'port'> & Partial<TransportHeader>,
): Promise<RawClient> => {
  const { socket } = await connectMeshPeer(proxy, options);
  socket.write(encodeTransportHeader({ name: undefined, sessionProtocol: undefined, ...header }));
  return new RawClient(socket, connectTimeoutMs);
};
