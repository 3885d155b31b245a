/** Exponential backoff with jitter: a pure delay function and a counter around it. */

export interface BackoffPolicy {
  readonly minMs: number;
  readonly maxMs: number;
  /** Share of the delay that is random, added on top: 0.1 means up to +10 %. */
  readonly jitterRatio: number;
}

/** What proxies use towards the control plane (wire §3.4). */
export const controlPlaneBackoff: BackoffPolicy = { minMs: 100, maxMs: 60_000, jitterRatio: 0.1 };

/**
 * Delay before attempt `attempt` (0 is the first retry): `min * 2^attempt`, capped at `max`, plus jitter.
 * @param random uniform in [0, 1)
 */
export const backoffMs = (policy: BackoffPolicy, attempt: number, random: number): number => {
  const base = Math.min(policy.maxMs, policy.minMs * 2 ** Math.min(attempt, 52));
  return base * (1 + policy.jitterRatio * random);
};

/** Counts failures in a row and says how long to wait; `reset` after a success. */
export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #random: () => number;
  #attempt = 0;

  constructor(policy: BackoffPolicy, random: () => number) {
    this.#policy = policy;
    this.#random = random;
  }

  next(): number {
    return backoffMs(this.#policy, this.#attempt++, this.#random());
  }

  reset(): void {
    this.#attempt = 0;
  }
}
