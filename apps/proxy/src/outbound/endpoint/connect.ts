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

const handshakeTimeoutMs = 10_000;

/**
 * @param onStale called at most once, when the connection should be used no more: a certificate of either side comes to
 *   its end, or the peer is no longer trusted
 * @throws {TransportError}
 */
export const connectEndpoint = async (
  reach: Reach,
  session: Session,
  deps: OutboundDeps,
  onStale: () => void,
): Promise<Socket> => {
  const { clock, config } = deps;
  const raw = await connectTcp({
    host: reach.dial.ip,
    port: reach.dial.port,
    localAddress: config.source,
    clock,
    connectTimeoutMs: config.connectTimeoutMs,
  });
  meterConnection(raw, { ...deps, labels: reachLabels(reach) });
  return reach.mesh === undefined ? raw : startMesh(raw, reach, reach.mesh, session, deps, onStale);
};

const startMesh = async (
  raw: Socket,
  reach: Reach,
  { identity, serverName, hasHeader, mayNameProtocol }: MeshReach,
  session: Session,
  deps: OutboundDeps,
  onStale: () => void,
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
  let isStale = false;
  const becomeStale = (): void => {
    if (isStale) return;
    isStale = true;
    onStale();
  };
  watchTrust(socket, peer, { credentials, clock, onUntrusted: becomeStale });
  if (own !== undefined) watchOwnLeaf(socket, own.leaf.notAfterMs, clock, becomeStale);
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
