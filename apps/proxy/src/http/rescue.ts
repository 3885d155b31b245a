/**
 * The one place where refusals and failures become responses: HTTP statuses, gRPC statuses, or the end of a stream whose
 * head is already out (wire §7.2).
 */
import { HeaderList } from '@heddle/wire';
import { type AbortCause, aborts } from './abort.ts';
import type { Exchange } from './exchange.ts';
import { type Refusal, refusal, refusalForAbort } from './refusal.ts';

export interface RescueOptions {
  /** Whether this client may read why: meshed peers inbound, the own application outbound. Others learn only a status. */
  readonly mayExplain: boolean;
  /** Hears each refusal once; for metrics and the access log. */
  readonly onRefused: (exchange: Exchange, refused: Refusal) => void;
}

/** gRPC's `grpc-message`: percent-encoded printable ASCII (gRPC over HTTP/2, "Responses"). */
const grpcMessage = (text: string): string =>
  text.replace(/[^ -$&-~]/g, (char) => encodeURIComponent(char).replace(/^(?!%)/, '%'));

const explain = (headers: HeaderList, refused: Refusal, options: RescueOptions): void => {
  if (!options.mayExplain) return;
  headers.set('l5d-proxy-error', refused.text.replace(/[^ -~]/g, '?'));
  if (refused.closes) headers.set('l5d-proxy-connection', 'close');
};

const addGrpcStatus = (headers: HeaderList, refused: Refusal, options: RescueOptions): void => {
  headers.append('grpc-status', String(refused.grpc));
  headers.append('grpc-message', options.mayExplain ? grpcMessage(refused.text) : '');
};

/** Answers the exchange with a refusal; ends it when its response has begun. */
export const refuse = (exchange: Exchange, refused: Refusal, options: RescueOptions): void => {
  options.onRefused(exchange, refused);
  if (exchange.isResponseStarted) return endBegun(exchange, refused, options);
  const { response, request } = exchange;
  response.reset();
  if (request.isGrpc) {
    response.status = 200;
    response.headers.append('content-type', 'application/grpc');
    addGrpcStatus(response.headers, refused, options);
  } else {
    response.status = refused.status;
    response.contentLength = 0;
    if (refused.location !== undefined) response.headers.append('location', refused.location);
  }
  explain(response.headers, refused, options);
  if (refused.closes) exchange.downstream.closeConnection();
  exchange.answer();
};

/** A gRPC client gets its status as trailers; anybody else must see that the response is not whole. */
const endBegun = (exchange: Exchange, refused: Refusal, options: RescueOptions): void => {
  if (!exchange.request.isGrpc || exchange.isTunnel) return exchange.abort(aborts.connectionLost);
  const trailers = new HeaderList();
  addGrpcStatus(trailers, refused, options);
  exchange.endResponse(trailers);
};

/** Upstream failed. A reset from an HTTP/2 server goes on to an HTTP/2 client as it came. */
export const rescue = (exchange: Exchange, cause: AbortCause, options: RescueOptions): void => {
  const isPassedOn = exchange.request.version === '2' && (cause.kind === 'reset' || cause.kind === 'refused');
  if (!isPassedOn) return refuse(exchange, refusalForAbort(cause), options);
  options.onRefused(exchange, refusal('io'));
  exchange.abort(cause);
};
