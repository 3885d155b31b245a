/**
 * Rate limits, local to one proxy (features section 2.6, HTTPLocalRateLimitPolicy; wire section 8.5). Each limit is a
 * GCRA: a bucket is one number, the time at which it will be full again ("theoretical arrival time"), and a request
 * passes while that time is less than a second's worth ahead:
 *
 *     full at ─────┐              rate 4/s: each request moves it 250 ms to the right
 *     ───|─────────▼──────|───▶   a request passes if it would not go beyond now + 1000 ms
 *       now            now + 1 s
 *
 * So a rate of n allows a burst of n and refills evenly. Time is an argument, of a clock that does not go back (if it does,
 * nothing is granted for it).
 */
import type { RateLimit } from './model.ts';

export type RateVerdict =
  | { readonly kind: 'pass' }
  /** 429. `limit` says which of the limits was exceeded, `requestsPerSecond` how much it allows. */
  | { readonly kind: 'limited'; readonly limit: 'total' | 'identity' | 'override'; readonly requestsPerSecond: number };

export interface RateLimiterOptions {
  /** Clients counted apart within two seconds; those beyond share one bucket, so that memory is bounded. */
  readonly maxIdentities?: number | undefined;
}

const windowMs = 1000;
const pass: RateVerdict = { kind: 'pass' };

interface Bucket {
  fullAtMs: number;
}

class Limit {
  readonly requestsPerSecond: number;
  readonly #intervalMs: number;
  readonly #limited: RateVerdict;

  constructor(requestsPerSecond: number, limit: 'total' | 'identity' | 'override') {
    this.requestsPerSecond = requestsPerSecond;
    this.#intervalMs = windowMs / requestsPerSecond;
    this.#limited = { kind: 'limited', limit, requestsPerSecond };
  }

  check(bucket: Bucket, nowMs: number): RateVerdict {
    // A little slack absorbs rounding: n requests of interval 1000/n must fit into 1000.
    return this.#next(bucket, nowMs) <= nowMs + windowMs + this.#intervalMs / 1000 ? pass : this.#limited;
  }

  take(bucket: Bucket, nowMs: number): void {
    bucket.fullAtMs = this.#next(bucket, nowMs);
  }

  #next(bucket: Bucket, nowMs: number): number {
    return Math.max(bucket.fullAtMs, nowMs) + this.#intervalMs;
  }
}

/** The state of one RateLimit: make one per limit and keep it across policy updates that leave the limit as it was. */
export class RateLimiter {
  readonly #total: Limit | undefined;
  readonly #identity: Limit | undefined;
  readonly #totalBucket: Bucket = { fullAtMs: 0 };
  /** All identities of an override share its bucket. */
  readonly #overrides = new Map<string, { readonly limit: Limit; readonly bucket: Bucket }>();
  readonly #clients: ClientBuckets;

  constructor(config: RateLimit, options: RateLimiterOptions = {}) {
    this.#total = limitOf(config.total, 'total');
    this.#identity = limitOf(config.identity, 'identity');
    this.#clients = new ClientBuckets(options.maxIdentities ?? 10_000);
    for (const { requestsPerSecond, identities } of config.overrides) {
      const limit = limitOf(requestsPerSecond, 'override');
      if (limit === undefined) continue;
      const bucket: Bucket = { fullAtMs: 0 };
      for (const identity of identities) this.#overrides.set(identity, { limit, bucket });
    }
  }

  /**
   * Counts one request at `nowMs`. The total is asked first, then the override that names the client, or else the limit
   * per identity. A request that is refused by one limit takes nothing from another: a client over its own limit cannot
   * use up everybody's. Clients without identity (undefined) are one client.
   */
  check(identity: string | undefined, nowMs: number): RateVerdict {
    const total = this.#total;
    const totalVerdict = total === undefined ? pass : total.check(this.#totalBucket, nowMs);
    if (totalVerdict.kind === 'limited') return totalVerdict;

    const override = identity === undefined ? undefined : this.#overrides.get(identity);
    const own = override?.limit ?? this.#identity;
    if (own !== undefined) {
      const bucket = override?.bucket ?? this.#clients.get(identity, nowMs);
      const verdict = own.check(bucket, nowMs);
      if (verdict.kind === 'limited') return verdict;
      own.take(bucket, nowMs);
    }
    total?.take(this.#totalBucket, nowMs);
    return pass;
  }
}

/** A limit of 0, or none, is no limit. */
const limitOf = (requestsPerSecond: number | undefined, name: 'total' | 'identity' | 'override'): Limit | undefined =>
  requestsPerSecond === undefined || requestsPerSecond <= 0 ? undefined : new Limit(requestsPerSecond, name);

/**
 * One bucket per client, in two generations. A bucket is full at most one window (and a rounding) after its last
 * request, and a full bucket is as good as none; so clients not seen for a whole generation of two windows are forgotten
 * without any effect.
 */
class ClientBuckets {
  readonly #maxClients: number;
  readonly #overflow: Bucket = { fullAtMs: 0 };
  #current = new Map<string | undefined, Bucket>();
  #previous = new Map<string | undefined, Bucket>();
  #generationEndsMs = 0;

  constructor(maxClients: number) {
    this.#maxClients = maxClients;
  }

  get(identity: string | undefined, nowMs: number): Bucket {
    if (nowMs >= this.#generationEndsMs) this.#turn(nowMs);
    const current = this.#current.get(identity);
    if (current !== undefined) return current;
    const previous = this.#previous.get(identity);
    if (previous === undefined && this.#current.size >= this.#maxClients) return this.#overflow;
    const bucket = previous ?? { fullAtMs: 0 };
    this.#current.set(identity, bucket);
    return bucket;
  }

  #turn(nowMs: number): void {
    this.#previous = this.#current;
    this.#current = new Map();
    this.#generationEndsMs = nowMs + 2 * windowMs;
  }
}
