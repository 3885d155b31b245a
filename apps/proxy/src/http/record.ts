/** What the two services remember of an exchange between its head and its end; reused with the exchange. */
import type { RequestFacts, Verdict } from '@heddle/policy';
import type { Refusal } from './refusal.ts';

export class InboundRecord {
  verdict: Verdict | undefined;
  /** The request as it was decided on, where a filter has changed it since. */
  decidedOn: RequestFacts | undefined;
  refusal: Refusal | undefined;
  /** HTTP/1 that the client's proxy carried in HTTP/2: the value of `l5d-orig-proto`; empty otherwise. */
  origProto = '';
  /** For the access log, which is written when the head is long gone. */
  requestId = '';
  referer = '';
  userAgent = '';
  /** Counted among those that wait for a response head. */
  isInFlight = false;
  /** Forwarded once already, on a connection that the application had closed meanwhile. */
  isRepeated = false;

  reset(): void {
    this.verdict = undefined;
    this.decidedOn = undefined;
    this.refusal = undefined;
    this.origProto = '';
    this.requestId = '';
    this.referer = '';
    this.userAgent = '';
    this.isInFlight = false;
    this.isRepeated = false;
  }
}
