/** Bounds how much work one peer address can cause at a time, so that a flood from one node delays that node only. */

export interface PeerSlotsOptions {
  readonly running: number;
  readonly waiting: number;
}

interface PeerQueue {
  running: number;
  readonly waiting: (() => void)[];
}

export class PeerSlots {
  readonly #options: PeerSlotsOptions;
  readonly #peers = new Map<string, PeerQueue>();

  constructor(options: PeerSlotsOptions) {
    this.#options = options;
  }

  /** Peers with anything running or waiting. */
  get busyPeers(): number {
    return this.#peers.size;
  }

  /** Runs `work` when the peer has a free slot, first come, first served; undefined when too many wait already. */
  async run<T>(peer: string, work: () => Promise<T>): Promise<T | undefined> {
    const queue = this.#peers.get(peer) ?? { running: 0, waiting: [] };
    this.#peers.set(peer, queue);
    if (queue.running < this.#options.running) queue.running += 1;
    else if (queue.waiting.length >= this.#options.waiting) return undefined;
    // Whoever finishes hands its slot on, so `running` stays as it is.
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.waiting.shift();
      if (next !== undefined) next();
      else if ((queue.running -= 1) === 0) this.#peers.delete(peer);
    }
  }
}
