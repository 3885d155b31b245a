/** The metric cells of one connection (or route): leased while it lives, given back together when it ends. */
import type { LabelValues, MetricFamily } from './family.ts';

export class LeaseScope {
  readonly #ends: ((nowMs: number) => void)[] = [];

  cell<C, L extends string>(family: MetricFamily<C, L>, values: LabelValues<L>): C {
    const lease = family.lease(values);
    this.#ends.push((nowMs) => lease.end(nowMs));
    return lease.cell;
  }

  /** Idempotent. */
  end(nowMs: number): void {
    for (const end of this.#ends.splice(0)) end(nowMs);
  }
}
