/** What the outbound service remembers of an exchange between its head and its end; reused with the exchange. */
import { type AbortCause, identityRequired } from '../http/abort.ts';
import type { Refusal } from '../http/refusal.ts';
import type { Balancer } from './balance/balancer.ts';
import type { Endpoint } from './endpoint/endpoint.ts';

export class OutboundRecord {
  balancer: Balancer | undefined;
  /** Where the exchange went last. */
  endpoint: Endpoint | undefined;
  refusal: Refusal | undefined;
  /** The identity that the application wants the server to have (`l5d-require-id`); empty: any. */
  requiredId = '';
  /** When it was given to its endpoint, monotonic. */
  sentMs = 0;
  /** Sent a second time, since the first was not looked at. */
  isRepeated = false;
  /** Counted among the endpoint's pending exchanges. */
  isPending = false;
  /** Counted among the exchanges in flight. */
  isInFlight = false;

  /** The balancer's choice. @returns why the exchange must not go there */
  assign(endpoint: Endpoint, sentMs: number): AbortCause | undefined {
    this.endpoint = endpoint;
    const { mesh } = endpoint.reach;
    if (this.requiredId !== '' && mesh?.identity !== this.requiredId) {
      return identityRequired(`required ${this.requiredId}, the server is ${mesh?.identity ?? 'without identity'}`);
    }
    this.isPending = true;
    this.sentMs = sentMs;
    endpoint.pending += 1;
    endpoint.cells.requests.add();
    return undefined;
  }

  /** The endpoint owes no response head any more. */
  release(): void {
    if (!this.isPending || this.endpoint === undefined) return;
    this.isPending = false;
    this.endpoint.pending -= 1;
  }

  reset(): void {
    this.balancer = undefined;
    this.endpoint = undefined;
    this.refusal = undefined;
    this.requiredId = '';
    this.sentMs = 0;
    this.isRepeated = false;
    this.isPending = false;
    this.isInFlight = false;
  }
}
