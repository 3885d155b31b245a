/** Decodes the responses of one connection. */
import type { Http1ErrorCode } from './error.ts';
import { Http1Event } from './event.ts';
import type { ScanFault } from './field-scanner.ts';
import { BodyLength, ResponseHead } from './head.ts';
import { framing, readFacts } from './head-facts.ts';
import { MessageDecoder } from './message-decoder.ts';
import { scanStatusLine, startLine } from './start-line.ts';

/**
 * `expect` each request that was sent, in order, before pulling its response; then `push` octets and pull events with
 * `next`, and `finish` when the server ends. Octets that no request asked for are an error, never a response.
 */
export class ResponseDecoder extends MessageDecoder {
  readonly head: ResponseHead = new ResponseHead();
  #method: string | undefined;
  #mayUpgrade = false;

  /** The next response answers a request of this method; `mayUpgrade` if that request offered an upgrade. */
  expect(method: string, mayUpgrade: boolean): void {
    this.#method = method;
    this.#mayUpgrade = mayUpgrade;
  }

  protected scanStartLine(buffer: Buffer, start: number): number | ScanFault {
    return scanStatusLine(buffer, start);
  }

  protected finishHead(text: string, base: number): Http1ErrorCode | undefined {
    const { head } = this;
    head.status = startLine.status;
    head.reason = text.substring(startLine.reasonStart - base, startLine.lineEnd - base);
    head.minorVersion = startLine.minorVersion;
    return readFacts(head) ?? this.#decideBody();
  }

  /** RFC 9112 §6.3, in its order. */
  #decideBody(): Http1ErrorCode | undefined {
    const { head } = this;
    const { status } = head;
    const hasLength = head.contentLength >= 0;
    head.bodyLength = BodyLength.none;
    if (status === 101) {
      if (!this.#mayUpgrade || head.upgrade === '') return 'unexpected-upgrade';
      head.bodyLength = BodyLength.tunnel;
    }
    if (status < 200 || status === 204) {
      // Neither field may be there (RFC 9112 §6.1, RFC 9110 §8.6); an explicit zero is common and says the same.
      return framing.isChunked || head.contentLength > 0 ? 'forbidden-framing' : undefined;
    }
    if (this.#method === 'HEAD' || status === 304) return undefined;
    if (this.#method === 'CONNECT' && status < 300) {
      head.headers.delete('content-length'); // RFC 9112 §6.3: to be ignored
      head.headers.delete('transfer-encoding');
      head.bodyLength = BodyLength.tunnel;
    } else if (framing.isChunked) head.bodyLength = BodyLength.chunked;
    else if (hasLength) head.bodyLength = head.contentLength;
    else {
      head.bodyLength = BodyLength.untilClose;
      head.isKeepAlive = false;
    }
    return undefined;
  }

  protected headEvent(): Http1Event {
    const isInterim = this.head.status < 200 && this.head.status !== 101;
    if (!isInterim) this.#method = undefined;
    return isInterim ? Http1Event.interim : Http1Event.head;
  }

  protected mayStart(): Http1ErrorCode | undefined {
    return this.#method === undefined ? 'unexpected-response' : undefined;
  }

  protected mustHold(): boolean {
    return false;
  }
}
