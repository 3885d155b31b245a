/** A stream that we opened: the server's side of one exchange, which it lets go of when either is over. */
import type { HeaderList } from '@heddle/wire';
import { ErrorCode, type Http2FaultName } from '@heddle/wire/http2';
import type { AbortCause } from '../http/abort.ts';
import type { Exchange } from '../http/exchange.ts';
import type { UpstreamStream } from '../http/stream.ts';
import { Http2Stream } from './stream.ts';

export class ClientStream extends Http2Stream implements UpstreamStream {
  /** Undefined once the exchange has heard its last of this stream. */
  exchange: Exchange | undefined = undefined;
  /** A final response head has come. */
  hasHead = false;
  /** The response has no body whatever its head says: it answers HEAD. */
  isToHead = false;

  /** The response was complete with its head, and the server has not ended the stream with it. */
  get isAbandoned(): boolean {
    return this.id !== 0 && this.exchange === undefined && !this.isRemoteEnded;
  }

  begin(exchange: Exchange): void {
    this.exchange = exchange;
    this.hasHead = false;
    this.isToHead = exchange.request.method === 'HEAD';
  }

  // ---- what the exchange calls ---------------------------------------------------------------------------------

  abort(cause: AbortCause): void {
    this.exchange = undefined;
    // NO_ERROR would say that all is well, which is true only of a response that has come to its end.
    const isCancel = cause.http2Code === ErrorCode.noError && !this.isRemoteEnded;
    this.host.resetStream(this, isCancel ? ErrorCode.cancel : cause.http2Code);
  }

  // ---- what the connection calls -------------------------------------------------------------------------------

  override accepted(bytes: number): void {
    this.exchange?.onRequestAccepted(bytes);
  }

  override onData(bytes: Buffer): void {
    this.exchange?.onResponseData(bytes);
  }

  override onEnd(trailers: HeaderList | undefined): void {
    this.#letGo()?.onResponseEnd(trailers);
  }

  override onLocalEnd(): void {
    if (this.isRemoteEnded) this.host.closeStream(this);
  }

  override onBroken(cause: AbortCause): void {
    this.#letGo()?.onResponseAborted(cause);
  }

  override takeLength(bytes: number, isEnd: boolean): Http2FaultName | undefined {
    return this.hasHead ? super.takeLength(bytes, isEnd) : 'missing-head';
  }

  /** The exchange's response has been filled in. */
  onHead(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    if (!exchange.response.hasBody) this.exchange = undefined;
    exchange.onResponseHead();
  }

  #letGo(): Exchange | undefined {
    const { exchange } = this;
    this.exchange = undefined;
    return exchange;
  }
}
