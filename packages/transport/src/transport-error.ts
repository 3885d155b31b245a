/** Why a connection could not be made or kept, as a closed list: the proxy maps the codes to metrics and responses. */

export type TransportErrorCode =
  /** Nobody listens there. */
  | 'refused'
  /** A deadline passed: connecting or handshaking. */
  | 'timeout'
  /** No route, no such name, or no such local address. */
  | 'unreachable'
  /** The peer went away in the middle. */
  | 'closed'
  /** TLS could not be agreed on, or the bytes were not TLS. */
  | 'handshake'
  /** The peer's certificate does not lead to a trust anchor, is out of date, or may not be used for this. */
  | 'untrusted'
  /** The peer proved to be somebody, but not whom we wanted. */
  | 'wrong-identity'
  /** We have no certificate yet and the connection needs one. */
  | 'no-credentials'
  /** Too many handshakes at once. */
  | 'overloaded'
  /** The caller gave up. */
  | 'aborted';

export class TransportError extends Error {
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TransportError';
    this.code = code;
  }
}

const codeOf: Readonly<Record<string, TransportErrorCode>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
};

/** `ECONNREFUSED` and its like, wherever Node puts it; undefined when there is none. */
export const systemCode = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
};

/** Wraps an error of the operating system or of OpenSSL; `what` says what was being done, `otherwise` the code of all else. */
export const transportErrorFrom = (error: unknown, what: string, otherwise: TransportErrorCode): TransportError => {
  if (error instanceof TransportError) return error;
  const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  return new TransportError(codeOf[systemCode(error) ?? ''] ?? otherwise, `${what}: ${reason}`, error);
};
