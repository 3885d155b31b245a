/** Decodes the requests of one connection. */
import type { Http1ErrorCode } from './error.ts';
import { Http1Event } from './event.ts';
import type { ScanFault } from './field-scanner.ts';
import { BodyLength, RequestHead } from './head.ts';
import { checkHost, framing, readFacts } from './head-facts.ts';
import { MessageDecoder } from './message-decoder.ts';
import { scanRequestLine, startLine } from './start-line.ts';
import { agreesWithTarget, decodeTarget } from './target.ts';

/**
 * `push` octets, pull events with `next`, `finish` when the client ends its side.
 *
 * A request that asks for CONNECT or Upgrade is followed by a hold: `next` answers `needMore` and touches nothing that
 * the client sent after it until `startTunnel` (the server agreed) or `resume` (it did not) is called, so early data is
 * never taken for a request nor the other way round.
 */
export class RequestDecoder extends MessageDecoder {
  readonly head: RequestHead = new RequestHead();

  /** After `end` of an upgrade or CONNECT request: what follows belongs to the tunnel. */
  startTunnel(): void {
    this.startTunnelNow();
  }

  /** After `end` of an upgrade request that was not granted: what follows is the next request. */
  resume(): void {
    this.resumeNow();
  }

  protected scanStartLine(buffer: Buffer, start: number): number | ScanFault {
    return scanRequestLine(buffer, start);
  }

  protected finishHead(text: string, base: number): Http1ErrorCode | undefined {
    const { head } = this;
    const methodLength = startLine.methodEnd - base;
    // Most requests of a connection have the method of the one before, whose string has been looked up already.
    if (head.method.length !== methodLength || !text.startsWith(head.method)) {
      head.method = text.substring(0, methodLength);
    }
    head.target = text.substring(startLine.targetStart - base, startLine.targetEnd - base);
    head.minorVersion = startLine.minorVersion;
    const fault = decodeTarget(head) ?? readFacts(head) ?? checkHost(head);
    if (fault !== undefined) return fault;

    if (head.authority === '') head.authority = framing.host;
    else if (framing.hostCount > 0 && !agreesWithTarget(framing.host, head)) return 'host-mismatch';
    head.expectsContinue = framing.expectsContinue;
    if (framing.isChunked) head.bodyLength = BodyLength.chunked;
    else head.bodyLength = head.contentLength >= 0 ? head.contentLength : BodyLength.none;
    const isBodyForbidden = head.method === 'CONNECT'; // RFC 9110 §9.3.6: CONNECT has no content
    return isBodyForbidden && head.bodyLength !== BodyLength.none ? 'forbidden-framing' : undefined;
  }

  protected headEvent(): Http1Event {
    return Http1Event.head;
  }

  protected mayStart(): undefined {
    return undefined;
  }

  protected mustHold(): boolean {
    return this.head.upgrade !== '' || this.head.method === 'CONNECT';
  }
}
