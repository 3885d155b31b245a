/** The metric cells of one endpoint: requests find them without a look-up. */
import { type CounterCell, type HistogramCell, LeaseScope } from '@heddle/telemetry';
import { classify, grpcStatusLabel } from '../../http/classification.ts';
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
  readonly #responses = new Map<number | string, ResponseCells>();

  constructor(metrics: ProxyMetrics, reach: Reach) {
    this.#metrics = metrics;
    this.#labels = reachLabels(reach);
    this.requests = this.#scope.cell(metrics.requests, this.#labels);
  }

  /**
   * @param status 0 when the response ended without one
   * @param sentGrpcStatus as sent; empty where the response is not gRPC's
   */
  response(status: number, sentGrpcStatus: string): ResponseCells {
    const grpcStatus = grpcStatusLabel(sentGrpcStatus);
    const key = grpcStatus === '' ? status : `${status} ${grpcStatus}`;
    let cells = this.#responses.get(key);
    if (cells === undefined) {
      const labels = { ...this.#labels, status_code: String(status) };
      const result = {
        classification: classify(status, grpcStatus),
        grpc_status: grpcStatus === '' ? undefined : grpcStatus,
      };
      cells = {
        responses: this.#scope.cell(this.#metrics.responses, { ...labels, ...result }),
        latency: this.#scope.cell(this.#metrics.latency, labels),
      };
      this.#responses.set(key, cells);
    }
    return cells;
  }

  end(nowMs: number): void {
    this.#scope.end(nowMs);
  }
}
