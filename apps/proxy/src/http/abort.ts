/**
 * Why one side of an exchange ended before its time. A cause is a value that travels through the exchange to the other
 * side, which says it in its own protocol: HTTP/2 by RST_STREAM with `http2Code`, HTTP/1 by closing the connection.
 */

export type AbortKind =
  /** The client reset its stream or closed its connection. */
  | 'client-gone'
  /** The peer reset the stream. */
  | 'reset'
  /** The peer promised that it has not begun to process the request (REFUSED_STREAM, GOAWAY): safe to repeat. */
  | 'refused'
  /** The connection under the stream ended or broke. */
  | 'connection-lost'
  | 'connect-failed'
  | 'connect-timeout'
  /** Too many exchanges wait already. */
  | 'overloaded'
  /** No endpoint was ready for so long that waiting is given up. */
  | 'failfast'
  /** The server is not, or does not prove to be, whom the mesh wants. */
  | 'identity-required'
  /** The peer broke the protocol. */
  | 'protocol'
  | 'timeout'
  /** Policy no longer allows what was open. */
  | 'revoked'
  /** The process is stopping and its grace is over. */
  | 'drain'
  /** The response is complete and the rest of the request is not wanted (RFC 9113 section 8.1). */
  | 'no-longer-needed';

export interface AbortCause {
  readonly kind: AbortKind;
  /** RFC 9113 section 7. */
  readonly http2Code: number;
  /** For logs and `l5d-proxy-error`; holds no data of the peer. */
  readonly detail: string;
}

/** Error codes of RFC 9113 section 7 that the proxy itself gives. */
export const http2Codes = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  refusedStream: 0x7,
  cancel: 0x8,
  connectError: 0xa,
  enhanceYourCalm: 0xb,
} as const;

const cause = (kind: AbortKind, http2Code: number, detail: string): AbortCause => ({ kind, http2Code, detail });

/** The causes without particulars, made once. */
export const aborts = {
  clientGone: cause('client-gone', http2Codes.cancel, 'the client went away'),
  connectionLost: cause('connection-lost', http2Codes.cancel, 'the connection to the server was lost'),
  connectTimeout: cause('connect-timeout', http2Codes.connectError, 'connecting to the server took too long'),
  overloaded: cause('overloaded', http2Codes.enhanceYourCalm, 'too many requests are waiting for the server'),
  failfast: cause('failfast', http2Codes.connectError, 'service in fail-fast'),
  revoked: cause('revoked', http2Codes.refusedStream, 'the policy no longer allows this exchange'),
  drain: cause('drain', http2Codes.cancel, 'the proxy is stopping'),
  timeout: cause('timeout', http2Codes.cancel, 'the exchange took too long'),
  noLongerNeeded: cause('no-longer-needed', http2Codes.noError, 'the response is complete'),
} as const;

/** The peer reset the stream with `http2Code`; passed on unchanged to a peer that speaks HTTP/2. */
export const peerReset = (http2Code: number): AbortCause =>
  http2Code === http2Codes.refusedStream
    ? cause('refused', http2Code, 'the server refused the stream')
    : cause('reset', http2Code, `the stream was reset with code ${http2Code}`);

export const protocolViolation = (detail: string): AbortCause => cause('protocol', http2Codes.protocolError, detail);

/** `detail` names the identity that was wanted. */
export const identityRequired = (detail: string): AbortCause =>
  cause('identity-required', http2Codes.connectError, detail);

export const connectFailed = (detail: string): AbortCause => cause('connect-failed', http2Codes.connectError, detail);
