/** HTTP under inbound policy: runs the layers, forwards to the application, counts, and ends what policy revokes. */
import type { AbortCause } from '../http/abort.ts';
import { aborts } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import { type Layer, runLayers } from '../http/layer.ts';
import { isMeshHeader } from '../http/mesh-headers.ts';
import { markOriginalResponse } from '../http/orig-proto.ts';
import { type Refusal, refusal } from '../http/refusal.ts';
import { type RescueOptions, refuse, rescue } from '../http/rescue.ts';
import type { HttpService } from '../http/stream.ts';
import type { Application } from './application.ts';
import type { InboundConnection } from './connection.ts';
import { withoutMeshHeaders } from './decided-request.ts';
import { inboundLayers } from './layers.ts';
import { keepForAccess, logRefusal, writeAccess } from './report.ts';

/** Methods that may be sent once more when the application closed an idle connection under them (RFC 9110 section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export class InboundHttpService implements HttpService {
  readonly #connection: InboundConnection;
  readonly #layers: readonly Layer[];
  readonly #application: Application;
  readonly #rescue: RescueOptions;

  constructor(connection: InboundConnection) {
    this.#connection = connection;
    this.#layers = inboundLayers(connection);
    this.#application = connection.deps.applications.of(connection.client.target);
    this.#rescue = {
      mayExplain: connection.client.identity !== '',
      onRefused: (exchange, refused) => this.#onRefused(exchange, refused),
    };
  }

  handle(exchange: Exchange): void {
    if (this.#connection.deps.accessLog !== undefined) {
      keepForAccess(this.#connection.record(exchange), exchange.request.headers);
    }
    const refused = runLayers(this.#layers, exchange);
    if (refused === undefined) this.#forward(exchange);
    else refuse(exchange, refused, this.#rescue);
  }

  responded(exchange: Exchange): void {
    this.#leave(exchange);
    const { headers } = exchange.response;
    headers.deleteWhere(isMeshHeader);
    markOriginalResponse(exchange.response, this.#connection.record(exchange).origProto);
  }

  failed(exchange: Exchange, cause: AbortCause): void {
    const record = this.#connection.record(exchange);
    const { request } = exchange;
    const mayRepeat = !record.isRepeated && !exchange.isResponseStarted && !request.hasBody;
    if (cause.kind === 'connection-lost' && mayRepeat && idempotent.has(request.method)) {
      record.isRepeated = true;
      this.#forward(exchange);
      return;
    }
    rescue(exchange, cause, this.#rescue);
  }

  overdue(exchange: Exchange): void {
    refuse(exchange, refusal('timeout'), this.#rescue);
  }

  finished(exchange: Exchange): void {
    this.#leave(exchange);
    const { deps, cells } = this.#connection;
    const record = this.#connection.record(exchange);
    const { verdict } = record;
    const durationMs = deps.clock.nowMs() - exchange.startedMs;
    if (verdict !== undefined) {
      const error = record.refusal?.error ?? '';
      const { response, grpcStatus } = exchange;
      const counted = cells.response(cells.of(verdict), response.status, grpcStatus, error);
      counted.responses.add();
      counted.latency.observe(durationMs);
    }
    if (deps.accessLog !== undefined) writeAccess(this.#connection, exchange, record, durationMs);
    record.reset();
  }

  /** After a change of policy: an open exchange that would not be allowed now, as it was asked, is ended now. */
  revoke(exchange: Exchange): void {
    const asked = this.#connection.record(exchange).decidedOn ?? withoutMeshHeaders(exchange.request);
    const verdict = this.#connection.rules.http(asked);
    if (verdict.kind === 'permit') return;
    this.#connection.cells.of(verdict).terminated.add();
    if (exchange.isTunnel) exchange.abort(aborts.revoked);
    else refuse(exchange, refusal('unauthorized'), this.#rescue);
  }

  /** No response head is owed any more. */
  #leave(exchange: Exchange): void {
    const record = this.#connection.record(exchange);
    if (!record.isInFlight) return;
    record.isInFlight = false;
    this.#connection.deps.inFlight.leave();
  }

  #forward(exchange: Exchange): void {
    const { http1, http2 } = this.#application;
    (exchange.request.version === '2' ? http2 : http1).dispatch(exchange);
  }

  #onRefused(exchange: Exchange, refused: Refusal): void {
    const record = this.#connection.record(exchange);
    record.refusal = refused;
    const { deps, client } = this.#connection;
    if (refused.error !== '') {
      deps.metrics.inboundHttpErrors.cell({ error: refused.error, target_port: String(client.target.port) }).add();
    }
    logRefusal(this.#connection, exchange, record, refused);
  }
}
