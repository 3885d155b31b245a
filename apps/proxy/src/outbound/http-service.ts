/** HTTP of the application on its way out: routed, given to a backend, counted, and its failures answered. */
import type { CounterCell } from '@heddle/telemetry';
import type { AbortCause } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import type { InFlight } from '../http/in-flight.ts';
import { runLayers } from '../http/layer.ts';
import { type Refusal, refusal } from '../http/refusal.ts';
import { type RescueOptions, refuse, rescue } from '../http/rescue.ts';
import type { HttpService } from '../http/stream.ts';
import type { OutboundDeps } from './deps.ts';
import type { DestinationLease } from './discovery/destinations.ts';
import { outboundLayers, recordOf, restoreResponse } from './layers.ts';

/** Methods that may be sent once more when a server closed an idle connection under them (RFC 9110 section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export class OutboundHttpService implements HttpService {
  readonly #deps: OutboundDeps;
  readonly #inFlight: InFlight;
  readonly #layers: ReturnType<typeof outboundLayers>;
  readonly #rescue: RescueOptions;

  constructor(deps: OutboundDeps, destination: DestinationLease, inFlight: InFlight) {
    this.#deps = deps;
    this.#inFlight = inFlight;
    this.#layers = outboundLayers(destination, inFlight, deps.random);
    this.#rescue = {
      mayExplain: deps.config.mayExplain,
      onRefused: (exchange, refused) => this.#onRefused(exchange, refused),
    };
  }

  handle(exchange: Exchange): void {
    const refused = runLayers(this.#layers, exchange);
    const { balancer } = recordOf(exchange);
    if (refused !== undefined) refuse(exchange, refused, this.#rescue);
    else if (balancer === undefined) refuse(exchange, refusal('failfast'), this.#rescue);
    else balancer.dispatch(exchange, exchange.startedMs);
  }

  responded(exchange: Exchange): void {
    const record = recordOf(exchange);
    const { endpoint } = record;
    restoreResponse(exchange, record);
    if (endpoint === undefined) return;
    const nowMs = this.#deps.clock.nowMs();
    endpoint.observe(nowMs - record.sentMs, nowMs);
    this.#settle(exchange);
  }

  failed(exchange: Exchange, cause: AbortCause): void {
    const record = recordOf(exchange);
    record.release();
    if (record.balancer !== undefined && this.#mayRepeat(exchange, cause)) {
      record.isRepeated = true;
      record.balancer.dispatch(exchange, this.#deps.clock.nowMs());
      return;
    }
    rescue(exchange, cause, this.#rescue);
  }

  overdue(exchange: Exchange): void {
    refuse(exchange, refusal('timeout'), this.#rescue);
  }

  finished(exchange: Exchange): void {
    const record = recordOf(exchange);
    this.#settle(exchange);
    const { endpoint } = record;
    if (endpoint !== undefined) {
      const { responses, latency } = endpoint.cells.response(exchange.response.status, exchange.grpcStatus);
      responses.add();
      latency.observe(this.#deps.clock.nowMs() - exchange.startedMs);
    }
    record.reset();
  }

  /** Nothing of a repeated request may have been looked at, or looking at it twice must do no harm. */
  #mayRepeat(exchange: Exchange, cause: AbortCause): boolean {
    const { request } = exchange;
    if (recordOf(exchange).isRepeated || exchange.isResponseStarted) return false;
    // Body bytes that were sent are not kept.
    const isWhole = !request.hasBody || (exchange.requestBytes === 0 && !exchange.isRequestEnded);
    if (cause.kind === 'refused') return isWhole;
    return cause.kind === 'connection-lost' && !request.hasBody && idempotent.has(request.method);
  }

  /** No response head is owed any more. */
  #settle(exchange: Exchange): void {
    const record = recordOf(exchange);
    record.release();
    if (!record.isInFlight) return;
    record.isInFlight = false;
    this.#inFlight.leave();
  }

  #onRefused(exchange: Exchange, refused: Refusal): void {
    const { metrics, log, sampler, clock } = this.#deps;
    const record = recordOf(exchange);
    record.refusal = refused;
    if (refused.error === '') return;
    const cell: CounterCell = metrics.outboundHttpErrors.cell({ error: refused.error });
    cell.add();
    const suppressed = sampler.take(clock.nowMs());
    if (suppressed < 0) return;
    const { method, authority } = exchange.request;
    const server_id = record.endpoint?.reach.mesh?.identity;
    const facts = { method, authority, status: refused.status, reason: refused.text, server_id, suppressed };
    log.info(facts, 'request refused');
  }
}
