/** A stream that a client opened: the client's side of one exchange. The slot and its exchange live together. */
import { HeaderList } from '@heddle/wire';
import { ErrorCode } from '@heddle/wire/http2';
import type { AbortCause } from '../http/abort.ts';
import { Exchange } from '../http/exchange.ts';
import type { DownstreamStream, HttpService } from '../http/stream.ts';
import { Http2Stream, type StreamHost } from './stream.ts';

/** Interim heads pass through here one at a time. */
const interim = { status: 0, headers: new HeaderList(), contentLength: -1 };

export class ServerStream extends Http2Stream implements DownstreamStream {
  readonly exchange: Exchange;
  readonly #host: StreamHost;
  /** The exchange's `isTunnel` when its head was sent; the exchange may be over before the last byte has gone. */
  #isTunnel = false;

  constructor(host: StreamHost, service: HttpService) {
    super(host);
    this.#host = host;
    this.exchange = new Exchange(this, service);
  }

  // ---- what the exchange calls ---------------------------------------------------------------------------------

  sendInformational(status: number, headers: HeaderList): void {
    if (this.id === 0) return;
    interim.status = status;
    interim.headers.copyFrom(headers);
    this.#host.sender.responseHead(this.id, interim, false);
    interim.headers.reset();
  }

  sendHead(): void {
    if (this.id === 0) return;
    const { response, isTunnel } = this.exchange;
    this.#isTunnel = isTunnel;
    const isEnd = !response.hasBody && !isTunnel;
    this.#host.sender.responseHead(this.id, response, isEnd);
    if (!isEnd) return;
    this.isEndQueued = true;
    this.isLocalEnded = true;
    this.onLocalEnd();
  }

  /** Only an HTTP/1 connection is closed for one failed request (wire §7.2): this one carries other clients' too. */
  closeConnection(): void {}

  abort(cause: AbortCause): void {
    this.#host.resetStream(this, cause.http2Code);
  }

  // ---- what the connection calls -------------------------------------------------------------------------------

  override accepted(bytes: number): void {
    this.exchange.onResponseAccepted(bytes);
  }

  override onData(bytes: Buffer): void {
    this.exchange.onRequestData(bytes);
  }

  override onEnd(trailers: HeaderList | undefined): void {
    this.exchange.onRequestEnd(trailers);
  }

  /** The response is complete. What the client still sends is not wanted (RFC 9113 section 8.1). */
  override onLocalEnd(): void {
    if (this.isRemoteEnded) this.#host.closeStream(this);
    else if (!this.#isTunnel) this.#host.resetStream(this, ErrorCode.noError);
  }

  override onBroken(cause: AbortCause): void {
    this.exchange.onRequestAborted(cause);
  }
}
