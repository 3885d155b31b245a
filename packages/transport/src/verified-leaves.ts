/**
 * Remembers peers whose certificate was found good, so that the next connection of the same peer need not find it again.
 * Only good outcomes are kept, per trust bundle and per purpose; time is looked at anew. That the peer has the key is
 * proved by every handshake and no part of this.
 */
import { createHash } from 'node:crypto';
import type { Certificate } from '@heddle/pki';
import type { MeshPeer, PeerExpectation } from './mesh-peer.ts';

interface Verified {
  readonly peer: MeshPeer;
  /** Wall time of the verification: a clock that was set back since then may be before the certificate's begin. */
  readonly atMs: number;
}

export class VerifiedLeaves {
  readonly #limit: number;
  /** Keyed by the bundle's identity as an object: a new bundle starts from nothing, an old one is forgotten with it. */
  readonly #ofBundle = new WeakMap<readonly Certificate[], Map<string, Verified>>();

  /** @param limit how many leaves to remember per bundle; the oldest goes first */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param der of the leaf, as the peer showed it */
  find(der: Uint8Array, { trustAnchors, purpose, wallMs }: PeerExpectation): MeshPeer | undefined {
    const fingerprint = createHash('sha256').update(der).digest('hex');
    const known = this.#ofBundle.get(trustAnchors)?.get(`${purpose} ${fingerprint}`);
    return known !== undefined && wallMs >= known.atMs && wallMs <= known.peer.notAfterMs ? known.peer : undefined;
  }

  remember(peer: MeshPeer, { trustAnchors, purpose, wallMs }: PeerExpectation): void {
    let ofBundle = this.#ofBundle.get(trustAnchors);
    if (ofBundle === undefined) {
      ofBundle = new Map();
      this.#ofBundle.set(trustAnchors, ofBundle);
    }
    ofBundle.set(`${purpose} ${peer.leaf.fingerprint}`, { peer, atMs: wallMs });
    if (ofBundle.size <= this.#limit) return;
    const [oldest] = ofBundle.keys();
    if (oldest !== undefined) ofBundle.delete(oldest);
  }
}
