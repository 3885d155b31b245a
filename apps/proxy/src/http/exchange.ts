/**
 * One request and its response on their way through the proxy. An exchange is a record that its stream slot reuses: an
 * HTTP/1 server connection has one, an HTTP/2 server connection one per open stream. It joins the two sides, keeps what
 * cannot be forwarded yet, and says when it is over. It decides nothing: that is the service's.
 *
 *   client ──► onRequestData ──► upstream.sendData ──► server
 *   client ◄── downstream.sendData ◄── onResponseData ◄── server
 */
import { ownBytes } from '@heddle/transport';
import type { HeaderList } from '@heddle/wire';
import type { OutboundRecord } from '../outbound/record.ts';
import { type AbortCause, aborts } from './abort.ts';
import { RequestHead, ResponseHead } from './head.ts';
import { isMeshHeader } from './mesh-headers.ts';
import type { InboundRecord } from './record.ts';
import type { DownstreamStream, HttpService, UpstreamStream } from './stream.ts';

export class Exchange {
  readonly downstream: DownstreamStream;
  readonly service: HttpService;
  readonly request = new RequestHead();
  readonly response = new ResponseHead();

  /** Monotonic time of the request's head; set by the server connection before `handle`. */
  startedMs = 0;
  /** When `service.overdue` is called; Infinity for never. The server connection's sweep looks. */
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Body bytes seen. */
  requestBytes = 0;
  responseBytes = 0;
  /** `grpc-status` of a gRPC response, as sent; empty otherwise. */
  grpcStatus = '';
  /** The client has sent the end of its request. */
  isRequestEnded = false;
  /** The head of a response has been given to the client's side. */
  isResponseStarted = false;
  /** Bytes flow both ways until both ends have closed (101, or 2xx to CONNECT). */
  isTunnel = false;
  /** Set from `begin` to the end; false while the slot is unused. */
  isOpen = false;
  /** One more with every exchange that ended here: tells whoever waited (a queue) that the slot serves another now. */
  serial = 0;

  /** What the inbound service remembers of the exchange. */
  inbound: InboundRecord | undefined;
  /** What the outbound service remembers of the exchange. */
  outbound: OutboundRecord | undefined;

  #upstream: UpstreamStream | undefined;
  #isResponseEnded = false;
  /** Body that came before there was an upstream. Bounded by the client's credit, of which none is returned yet. */
  #waiting: Buffer[] = [];
  #waitingTrailers: HeaderList | undefined;

  constructor(downstream: DownstreamStream, service: HttpService) {
    this.downstream = downstream;
    this.service = service;
  }

  get upstream(): UpstreamStream | undefined {
    return this.#upstream;
  }

  // ---- called by the server connection -------------------------------------------------------------------------

  /** The head in `request` is complete; hands the exchange to the service. */
  begin(nowMs: number): void {
    this.startedMs = nowMs;
    this.isOpen = true;
    this.isRequestEnded = !this.request.hasBody;
    this.service.handle(this);
  }

  onRequestData(bytes: Buffer): void {
    if (!this.isOpen) return;
    this.requestBytes += bytes.length;
    if (this.#upstream === undefined) this.#waiting.push(ownBytes(bytes));
    else this.#upstream.sendData(bytes);
  }

  onRequestEnd(trailers: HeaderList | undefined): void {
    if (!this.isOpen || this.isRequestEnded) return;
    this.isRequestEnded = true;
    // Some servers read trailers as headers; no proxy of ours says anything in those of a request.
    trailers?.deleteWhere(isMeshHeader);
    if (this.#upstream === undefined) this.#waitingTrailers = trailers;
    else this.#upstream.sendEnd(trailers);
    if (this.isTunnel && this.#isResponseEnded) this.#finish();
  }

  /** The client reset its stream, or its connection ended. */
  onRequestAborted(cause: AbortCause): void {
    if (!this.isOpen) return;
    this.#abortUpstream(cause);
    this.#finish();
  }

  /** The client's side has passed `bytes` of response body to its socket. */
  onResponseAccepted(bytes: number): void {
    this.#upstream?.credit(bytes);
  }

  // ---- called by the client connection -------------------------------------------------------------------------

  /** Joins the server's side; what waited is sent on. The connection has sent the head already. */
  attach(upstream: UpstreamStream): void {
    this.#upstream = upstream;
    for (const bytes of this.#waiting) upstream.sendData(bytes);
    this.#waiting = [];
    if (this.isRequestEnded && this.request.hasBody) upstream.sendEnd(this.#waitingTrailers);
  }

  onInformational(status: number, headers: HeaderList): void {
    if (this.isOpen && !this.isResponseStarted) this.downstream.sendInformational(status, headers);
  }

  /** `response` has been filled in by the client connection. */
  onResponseHead(): void {
    if (!this.isOpen || this.isResponseStarted) return;
    this.service.responded(this);
    this.#sendHead();
  }

  onResponseData(bytes: Buffer): void {
    if (!this.isOpen || this.#isResponseEnded) return;
    this.responseBytes += bytes.length;
    this.downstream.sendData(bytes);
  }

  onResponseEnd(trailers: HeaderList | undefined): void {
    if (!this.isOpen || this.#isResponseEnded) return;
    this.#noteGrpcStatus(trailers);
    this.downstream.sendEnd(trailers);
    if (this.isOpen) this.#endResponse();
  }

  /** The server's side ended before its time; it has forgotten the exchange. */
  onResponseAborted(cause: AbortCause): void {
    if (!this.isOpen) return;
    this.#upstream = undefined;
    this.service.failed(this, cause);
  }

  /** The server's side has passed `bytes` of request body to its socket. */
  onRequestAccepted(bytes: number): void {
    if (this.isOpen) this.downstream.credit(bytes);
  }

  // ---- called by the service -----------------------------------------------------------------------------------

  /** Answers with `response` as the service filled it in; it has no body. What upstream would say is not wanted. */
  answer(): void {
    if (!this.isOpen) return;
    this.#abortUpstream(aborts.noLongerNeeded);
    this.#dropWaiting();
    this.#sendHead();
  }

  /** Ends a response whose head is already out, as if upstream had ended it (gRPC errors are trailers). */
  endResponse(trailers: HeaderList): void {
    if (!this.isOpen || this.#isResponseEnded) return;
    this.#noteGrpcStatus(trailers);
    this.#abortUpstream(aborts.noLongerNeeded);
    this.downstream.sendEnd(trailers);
    this.#endResponse();
  }

  /** Ends both sides at once. */
  abort(cause: AbortCause): void {
    if (!this.isOpen) return;
    this.#abortUpstream(cause);
    this.downstream.abort(cause);
    this.#finish();
  }

  // ---- its own -------------------------------------------------------------------------------------------------

  #sendHead(): void {
    this.isResponseStarted = true;
    if (!this.response.hasBody) this.#noteGrpcStatus(this.response.headers);
    this.isTunnel = this.response.status === 101 || (this.request.isConnect && this.response.status < 300);
    this.downstream.sendHead();
    if (this.isOpen && !this.response.hasBody && !this.isTunnel) this.#endResponse();
  }

  /** gRPC says how a call ended in its trailers, or in the head when that is all there is. */
  #noteGrpcStatus(fields: HeaderList | undefined): void {
    if (fields !== undefined && this.request.isGrpc) this.grpcStatus = fields.get('grpc-status') ?? '';
  }

  /** A complete response ends the exchange, whatever the client still sends; a tunnel waits for both ends. */
  #endResponse(): void {
    this.#isResponseEnded = true;
    if (this.isTunnel && !this.isRequestEnded) return;
    if (!this.isRequestEnded) this.#abortUpstream(aborts.noLongerNeeded);
    this.#finish();
  }

  #abortUpstream(cause: AbortCause): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.abort(cause);
  }

  #dropWaiting(): void {
    if (this.#waiting.length > 0) this.#waiting = [];
    this.#waitingTrailers = undefined;
  }

  /** The one place where an exchange ends: tells the service, then makes the record ready for the slot's next one. */
  #finish(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.serial += 1;
    this.#upstream = undefined;
    this.service.finished(this);
    this.request.reset();
    this.response.reset();
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.grpcStatus = '';
    this.isRequestEnded = false;
    this.isResponseStarted = false;
    this.isTunnel = false;
    this.#isResponseEnded = false;
    this.#dropWaiting();
  }
}
