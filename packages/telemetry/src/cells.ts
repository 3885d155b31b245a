/**
 * Metric cells: plain numbers that the hot path updates without a lookup. A cell is bound to one set of label values
 * when a connection or a route is made; a request only adds to it.
 */

/** A number that only grows. */
export class CounterCell {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

export class GaugeCell {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(amount: number): void {
    this.value += amount;
  }
}

/** Counts of observations per bucket; bounds are upper and inclusive, the last bucket is +Inf. */
export class HistogramCell {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }
}
