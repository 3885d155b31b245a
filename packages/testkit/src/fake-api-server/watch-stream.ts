/** One open watch, and the ways in which it can go wrong. */
import type { ServerResponse } from 'node:http';
import { expired, statusObject } from './answers.ts';
import { apiVersionOf, type FakeEvent, type FakeKind } from './store.ts';

/** How events are sent; all off by default. */
export interface Delivery {
  /** Each event is sent twice. */
  readonly duplicates?: boolean;
  /** Events of one turn of the event loop are sent last one first. */
  readonly reorders?: boolean;
  /** Bytes go out in pieces of this size, in chunks of their own. */
  readonly pieceBytes?: number;
}

export class WatchStream {
  readonly kind: FakeKind;
  readonly #response: ServerResponse;
  readonly #namespace: string;
  readonly #delivery: () => Delivery;
  #held: FakeEvent[] = [];
  #isStalled = false;

  /** @param namespace empty: all of them */
  constructor(kind: FakeKind, namespace: string, response: ServerResponse, delivery: () => Delivery) {
    this.kind = kind;
    this.#namespace = namespace;
    this.#response = response;
    this.#delivery = delivery;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  }

  send(event: FakeEvent): void {
    if (this.#namespace !== '' && event.object.metadata.namespace !== this.#namespace) return;
    if (this.#held.push(event) === 1) setImmediate(() => this.#flush());
  }

  bookmark(version: number): void {
    this.#flush();
    const object = {
      apiVersion: apiVersionOf(this.kind),
      kind: this.kind.kind,
      metadata: { resourceVersion: String(version), creationTimestamp: null },
    };
    this.#write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** An ERROR event that says that the history is gone. */
  expire(): void {
    this.#write(`${JSON.stringify({ type: 'ERROR', object: statusObject(expired) })}\n`);
    this.end();
  }

  /** Ends as if its time were up. */
  end(): void {
    if (!this.#isStalled) this.#response.end();
  }

  /** The connection breaks in the middle of an object. */
  drop(): void {
    this.#write('{"type":"ADDED","object":{"metadata":{"name":"half');
    setImmediate(() => this.#response.destroy());
  }

  /** Stays open without a byte, as behind a firewall that has forgotten it. */
  stall(): void {
    this.#isStalled = true;
  }

  garble(): void {
    this.#write('not JSON\n');
  }

  #flush(): void {
    const { duplicates = false, reorders = false } = this.#delivery();
    const events = reorders ? this.#held.toReversed() : this.#held;
    this.#held = [];
    const lines = events.map(({ type, object }) => `${JSON.stringify({ type, object })}\n`);
    this.#write((duplicates ? lines.flatMap((line) => [line, line]) : lines).join(''));
  }

  #write(text: string): void {
    if (this.#isStalled || this.#response.writableEnded || this.#response.destroyed || text === '') return;
    const bytes = Buffer.from(text);
    const size = this.#delivery().pieceBytes ?? bytes.length;
    for (let start = 0; start < bytes.length; start += size) this.#response.write(bytes.subarray(start, start + size));
  }
}
