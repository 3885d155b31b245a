/** The metric cells of one endpoint: requests find them without a look-up. */
import { type CounterCell, type HistogramCell, LeaseScope } from '@heddle/telemetry';
import type { ProxyMetrics } from '../../metrics.ts';
import { reachLabels } from './labels.ts';
import type { Reach } from './reach.ts';

interface ResponseCells {
  readonly responses: CounterCell;
  readonly latency: HistogramCell;
}

export class EndpointCells {
  readonly requests: CounterCell;
  readonly #metrics: ProxyMetrics;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #scope = new LeaseScope();
  readonly #responses = new Map<number, ResponseCells>();

  constructor(metrics: ProxyMetrics, reach: Reach) {
    this.#metrics = metrics;
    this.#labels = reachLabels(reach);
    this.requests = this.#scope.cell(metrics.requests, this.#labels);
  }

  /** @param status 0 when the response ended without one */
  response(status: number): ResponseCells {
    let cells = this.#responses.get(status);
    if (cells === undefined) {
      const labels = { ...this.#labels, status_code: String(status) };
      const classification = status === 0 || status >= 500 ? 'failure' : 'success';
      cells = {
        responses: this.#scope.cell(this.#metrics.responses, { ...labels, classification }),
        latency: this.#scope.cell(this.#metrics.latency, labels),
      };
      this.#responses.set(status, cells);
    }
    return cells;
  }

  end(nowMs: number): void {
    this.#scope.end(nowMs);
  }
}
