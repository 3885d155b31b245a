/** Sockets and mesh TLS: listeners, peeking, original destination, the credential cell, both sides of a handshake. */
export { type BatchedSocket, isLent, ownBytes, SocketBatches, transferredBytes } from './batched-io.ts';
export { CredentialCell, type CredentialSnapshot, type LeafCredentials } from './credential-cell.ts';
export { HandshakeGate, type HandshakeGateOptions, type ReleaseHandshake } from './handshake-gate.ts';
export { lendReads } from './lent-reads.ts';
export { connectMeshTls, type MeshClientConnection, type MeshClientOptions, startMeshTls } from './mesh-client.ts';
export { isStillTrusted, type MeshPeer } from './mesh-peer.ts';
export { acceptMeshTls, type MeshServerConnection, type MeshServerOptions } from './mesh-server.ts';
export {
  kernelDestinations,
  listenerDestinations,
  type OriginalDestination,
  type SocketAddress,
  unmappedIp,
} from './original-destination.ts';
export { type PeekOptions, type PeekResult, peek } from './peek.ts';
export { connectTcp, type TcpClientOptions } from './tcp-client.ts';
export { TcpListener, type TcpListenerOptions } from './tcp-listener.ts';
export { transportHeaderAlpn } from './tls-parameters.ts';
export { TransportError, type TransportErrorCode } from './transport-error.ts';
export { type WatchTrustOptions, watchTrust } from './watch-trust.ts';
