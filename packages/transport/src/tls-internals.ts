/**
 * The two members of `TLSSocket` that are not part of Node's documented interface and that a server needs when it wraps a
 * socket whose first bytes it has already seen. `tls.Server` offers the same only for sockets it cannot match to their
 * raw connection. Anything missing here throws: a peer is never taken as verified because a question could not be asked.
 */
import type { TLSSocket } from 'node:tls';
import { systemCode } from './transport-error.ts';

/** OpenSSL's opinion of the peer's chain: undefined when it is good, otherwise its code. */
export const opensslVerdict = (socket: TLSSocket): string | undefined => {
  const handle: unknown = Reflect.get(socket, 'ssl');
  const verify = memberOf(handle, 'verifyError');
  const verdict: unknown = Reflect.apply(verify, handle, []);
  if (verdict === null || verdict === undefined) return undefined;
  return systemCode(verdict) ?? 'refused by OpenSSL';
};

/**
 * Ends the handshake phase, as `tls.Server` does for its own sockets: from here on errors of the TLS layer are ordinary
 * `error` events, and those who are handed the socket (HTTP/2, for one) see it as connected.
 */
export const releaseControl = (socket: TLSSocket, isAuthorized: boolean): void => {
  Reflect.apply(memberOf(socket, '_releaseControl'), socket, []);
  Object.assign(socket, { secureConnecting: false, authorized: isAuthorized });
};

const memberOf = (owner: unknown, name: string): ((...args: readonly unknown[]) => unknown) => {
  const member: unknown = typeof owner === 'object' && owner !== null ? Reflect.get(owner, name) : undefined;
  if (typeof member !== 'function') {
    throw new TypeError(
      `this version of Node has no TLSSocket ${name}; use the version that this release is built for`,
    );
  }
  return member as (...args: readonly unknown[]) => unknown;
};
