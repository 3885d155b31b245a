/** Opens one connection to an endpoint: TCP, then mesh TLS, then the transport header, as its `Reach` says. */
import type { Socket } from 'node:net';
import {
  connectTcp,
  type MeshClientConnection,
  startMeshTls,
  transportHeaderAlpn,
  watchTrust,
} from '@heddle/transport';
import { encodeTransportHeader } from '@heddle/wire/transport-header';
import { meterConnection } from '../../accept/connection-meter.ts';
import type { OutboundDeps } from '../deps.ts';
import { reachLabels } from './labels.ts';
import { watchOwnLeaf } from './own-leaf.ts';
import { keyOf, type MeshReach, type Reach } from './reach.ts';

/** What will be spoken: named in the transport header; undefined for opaque bytes. */
export type Session = 'http1' | 'http2' | undefined;

const handshakeTimeoutMs = 5000;

/** Why a connection should be used no more. */
export type Stale =
  /** The certificate we showed on it is about to end; the peer will then end the connection. */
  | 'expiring'
  /** The peer's certificate has ended, or its trust anchor was dropped. */
  | 'untrusted';

/**
 * @param onStale may be called before this resolves, and for both reasons
 * @throws {TransportError}
 */
export const connectEndpoint = async (
  reach: Reach,
  session: Session,
  deps: OutboundDeps,
  onStale: (why: Stale) => void,
): Promise<Socket> => {
  const { clock, config, metrics, sweeper } = deps;
  const raw = await connectTcp({
    host: reach.dial.ip,
    port: reach.dial.port,
    localAddress: config.source,
    clock,
    connectTimeoutMs: config.connectTimeoutMs,
  });
  meterConnection(raw, { metrics, clock, sweeper, labels: reachLabels(reach) });
  return reach.mesh === undefined ? raw : startMesh(raw, reach, reach.mesh, session, deps, onStale);
};

const startMesh = async (
  raw: Socket,
  reach: Reach,
  { identity, serverName, hasHeader, mayNameProtocol }: MeshReach,
  session: Session,
  deps: OutboundDeps,
  onStale: (why: Stale) => void,
): Promise<Socket> => {
  const { credentials, clock, log } = deps;
  const own = credentials.value.credentials;
  const mesh = await startMeshTls(raw, {
    credentials,
    clock,
    serverName,
    identity,
    handshakeTimeoutMs,
    alpn: hasHeader ? [transportHeaderAlpn] : undefined,
  });
  const { socket, peer } = mesh;
  if (hasHeader && mesh.alpn !== transportHeaderAlpn) {
    socket.destroy();
    throw new Error(`${keyOf(reach.dial)} does not take the transport header`);
  }
  watchTrust(socket, peer, { credentials, clock, onUntrusted: () => onStale('untrusted') });
  if (own !== undefined) watchOwnLeaf(socket, own.leaf.notAfterMs, clock, () => onStale('expiring'));
  log.info(meshFacts(mesh, reach), 'mesh-connection');
  if (hasHeader) {
    const sessionProtocol = mayNameProtocol ? session : undefined;
    socket.write(encodeTransportHeader({ port: reach.target.port, name: undefined, sessionProtocol }));
  }
  return socket;
};

const meshFacts = ({ peer, tlsVersion, group, cipher }: MeshClientConnection, reach: Reach) => ({
  server_id: peer.identity,
  peer: keyOf(reach.target),
  tls_version: tlsVersion,
  group,
  cipher,
});
