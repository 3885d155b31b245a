/**
 * One budget for stream resets per peer, shared by all its connections: whoever opens more of them may not cause more
 * resets. A peer is an identity at an address; replicas of one ServiceAccount do not use up each other's.
 *
 * A budget outlives the connections, or a peer that was cut off would come back to a full one. It is forgotten once it
 * has filled up again, when there are many.
 */
import { Budget } from './budget.ts';

/** Beyond this, full budgets are forgotten; beyond four times this, the oldest are. */
const manyPeers = 1024;

export class PeerBudgets {
  readonly #perSecond: number;
  readonly #byPeer = new Map<string, Budget>();
  #looksAt = manyPeers;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  get size(): number {
    return this.#byPeer.size;
  }

  of(identity: string, address: string, nowMs: number): Budget {
    const peer = `${identity} ${address}`;
    const known = this.#byPeer.get(peer);
    if (known !== undefined) return known;
    if (this.#byPeer.size >= this.#looksAt) this.#forget(nowMs);
    const budget = new Budget(this.#perSecond, nowMs);
    this.#byPeer.set(peer, budget);
    return budget;
  }

  #forget(nowMs: number): void {
    for (const [peer, budget] of this.#byPeer) if (budget.isFull(nowMs)) this.#byPeer.delete(peer);
    for (const peer of this.#byPeer.keys()) {
      if (this.#byPeer.size < 4 * manyPeers) break;
      this.#byPeer.delete(peer);
    }
    // Not again for each of the next peers.
    this.#looksAt = Math.min(4 * manyPeers, Math.max(manyPeers, 2 * this.#byPeer.size));
  }
}
