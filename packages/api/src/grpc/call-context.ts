/**
 * Who is calling. Read from the connection that the call came on, so it cannot be claimed in a message or a header.
 */
import type { ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { parseCertificate } from '@heddle/pki';
import { unmappedIp } from '@heddle/transport';
import { RpcError } from './rpc-error.ts';

export interface CallContext {
  /** Identity in the caller's verified certificate; undefined for a caller without one. */
  readonly identity: string | undefined;
  /** The caller's address; IPv4 behind IPv6 is given as IPv4. */
  readonly peerIp: string;
  /** The call came in clear from this machine's loopback interface, which some servers allow. */
  readonly isLoopbackCleartext: boolean;
  /** Aborts when the call is over: cancelled, out of time, disconnected, or answered. */
  readonly signal: AbortSignal;
}

/** How the connections of one server came in. */
export type CallTransport = 'mesh-tls' | 'loopback-cleartext';

/** Only connections whose certificate was verified are handed to gRPC, so reading its name again is enough. */
export const callContext = (
  call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>,
  transport: CallTransport,
  signal: AbortSignal,
): CallContext => {
  const certificate = transport === 'mesh-tls' ? call.getAuthContext().sslPeerCertificate : undefined;
  return {
    identity: certificate === undefined ? undefined : identityOf(certificate.raw),
    peerIp: ipOf(call.getPeer()),
    isLoopbackCleartext: transport === 'loopback-cleartext',
    signal,
  };
};

const identityOf = (der: Buffer): string => {
  const certificate = parseCertificate(der);
  if (certificate.kind === 'ok' && certificate.value.identity.kind !== 'none') return certificate.value.identity.name;
  throw new RpcError('unauthenticated', 'the client certificate names no identity');
};

/** `10.0.0.1:4711` or `::1:4711`, as @grpc/grpc-js writes it: the port is after the last colon. */
const ipOf = (peer: string): string => unmappedIp(peer.slice(0, peer.lastIndexOf(':')));
