/**
 * The metric cells of one connection, by verdict: verdicts are made with the connection's policy, so the same object
 * means the same route and rule, and a request finds its cells by identity.
 */
import type { RuleRef, Verdict } from '@heddle/policy';
import { type CounterCell, type HistogramCell, LeaseScope } from '@heddle/telemetry';
import { classify, grpcStatusLabel } from '../http/classification.ts';
import type { ProxyMetrics } from '../metrics.ts';
import { type InboundClient, refLabels, serverLabels, targetLabels } from './client.ts';

/** What one verdict counts. */
export interface VerdictCells {
  readonly requests: CounterCell;
  readonly verdict: CounterCell;
  readonly terminated: CounterCell;
  /** By response status and gRPC status: made when they first occur. */
  readonly responses: Map<string | number, ResponseCells>;
  readonly labels: Readonly<Record<string, string | undefined>>;
}

export interface ResponseCells {
  readonly responses: CounterCell;
  readonly latency: HistogramCell;
}

export class InboundCells {
  readonly #metrics: ProxyMetrics;
  readonly #client: InboundClient;
  readonly #scope = new LeaseScope();
  readonly #byVerdict = new Map<Verdict, VerdictCells>();

  constructor(metrics: ProxyMetrics, client: InboundClient) {
    this.#metrics = metrics;
    this.#client = client;
  }

  of(verdict: Verdict): VerdictCells {
    let cells = this.#byVerdict.get(verdict);
    if (cells === undefined) {
      cells = this.#make(verdict);
      this.#byVerdict.set(verdict, cells);
    }
    return cells;
  }

  /**
   * @param sentGrpcStatus empty when the response is not gRPC's
   * @param error the metric label of a refusal, empty without one
   */
  response(cells: VerdictCells, status: number, sentGrpcStatus: string, error: string): ResponseCells {
    const grpcStatus = grpcStatusLabel(sentGrpcStatus);
    const key = grpcStatus === '' && error === '' ? status : `${status} ${grpcStatus} ${error}`;
    let made = cells.responses.get(key);
    if (made === undefined) {
      const labels = { ...cells.labels, direction: 'inbound', status_code: String(status) };
      const result = {
        classification: classify(status, grpcStatus),
        grpc_status: grpcStatus === '' ? undefined : grpcStatus,
        error: error === '' ? undefined : error,
      };
      made = {
        responses: this.#scope.cell(this.#metrics.responses, { ...labels, ...result }),
        latency: this.#scope.cell(this.#metrics.latency, labels),
      };
      cells.responses.set(key, made);
    }
    return made;
  }

  rateLimited(server: RuleRef, limit: 'total' | 'identity' | 'override'): CounterCell {
    return this.#metrics.rateLimited.cell({
      ...serverLabels(server, this.#client.target.port),
      ratelimit_scope: limit === 'total' ? 'total' : 'identity',
    });
  }

  /** After a change of policy the verdicts of before are never given again; what they counted stays. */
  forgetVerdicts(): void {
    this.#byVerdict.clear();
  }

  end(nowMs: number): void {
    this.#scope.end(nowMs);
  }

  #make(verdict: Verdict): VerdictCells {
    const { target, tls } = this.#client;
    const route = verdict.route === undefined ? undefined : refLabels(verdict.route);
    const authz = verdict.kind === 'permit' ? refLabels(verdict.authorization) : undefined;
    const labels = {
      ...targetLabels(target),
      ...serverLabels(verdict.server, target.port),
      ...(route === undefined ? {} : { route_group: route.group, route_kind: route.kind, route_name: route.name }),
      ...(authz === undefined ? {} : { authz_group: authz.group, authz_kind: authz.kind, authz_name: authz.name }),
      ...tls,
    };
    const { httpAllowed, httpDenied, routeNotFound, requests, streamsRevoked } = this.#metrics;
    const isMissing = verdict.kind === 'deny' && verdict.reason === 'noRoute';
    const family = verdict.kind === 'permit' ? httpAllowed : isMissing ? routeNotFound : httpDenied;
    return {
      requests: this.#scope.cell(requests, { ...labels, direction: 'inbound' }),
      verdict: this.#scope.cell(family, labels),
      terminated: this.#scope.cell(streamsRevoked, labels),
      responses: new Map(),
      labels,
    };
  }
}
