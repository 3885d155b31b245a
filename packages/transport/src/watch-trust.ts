/**
 * A connection must not outlive the reason it was accepted for: the peer's certificate ends, or the trust anchor behind
 * it is dropped from the bundle.
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '@heddle/runtime';
import type { CredentialCell, CredentialSnapshot } from './credential-cell.ts';
import { isStillTrusted, type MeshPeer } from './mesh-peer.ts';

export interface WatchTrustOptions {
  readonly credentials: CredentialCell;
  readonly clock: Clock;
  /** Called once, when the peer is no longer to be trusted: drain or destroy the connection. */
  readonly onUntrusted: (reason: 'expired' | 'anchor-dropped') => void;
}

/** Timers keep to a monotonic clock and the certificate to the wall's, so look at least this often. */
const longestSleepMs = 3_600_000;

/** Watches until the socket closes. Call it once per connection. */
export const watchTrust = (socket: Socket, peer: MeshPeer, options: WatchTrustOptions): void => {
  const { credentials, clock } = options;
  let anchors = peer.trustAnchors;
  let timer: Timer | undefined;
  const stop = (): void => {
    timer?.cancel();
    unsubscribe();
    socket.off('close', stop);
  };
  const end = (reason: 'expired' | 'anchor-dropped'): void => {
    stop();
    options.onUntrusted(reason);
  };
  const check = (): void => {
    const leftMs = peer.notAfterMs - clock.wallMs();
    if (leftMs < 0) end('expired');
    else timer = clock.after(Math.min(leftMs + 1, longestSleepMs), check);
  };
  const isTrustedUnder = ({ trustAnchors }: CredentialSnapshot): boolean => {
    // A renewed leaf of ours says nothing about the peer.
    if (trustAnchors === anchors) return true;
    anchors = trustAnchors;
    const isTrusted = isStillTrusted(peer, trustAnchors, clock.wallMs());
    if (!isTrusted) end('anchor-dropped');
    return isTrusted;
  };
  const unsubscribe = credentials.subscribe(isTrustedUnder);
  socket.once('close', stop);
  // The bundle may have been replaced since the handshake began.
  if (isTrustedUnder(credentials.value)) check();
};
