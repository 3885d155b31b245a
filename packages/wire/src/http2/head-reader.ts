/**
 * Decoded fields to heads and trailers, validated as RFC 9113 section 8 demands of what a proxy passes on. A reader is
 * the sink of an HPACK decoder for one block: `begin`, decode, `finish`. Readers are reused.
 *
 * `host`, `content-length` and pseudo-header fields become members of the head and are not in its `headers`. Cookie
 * crumbs are joined (section 8.2.3), so that nobody behind sees a cookie split in a way HTTP/1 does not know.
 */
import type { HeaderList } from '../header-list.ts';
import type { FieldSink } from '../hpack/index.ts';
import { forbiddenTrailers } from '../trailer-fields.ts';
import type { Http2FaultName } from './fault.ts';
import { badNameFact, badValueFact, FieldKind, kindMask } from './field-facts.ts';

/** What a request reader fills in. `target` is `:path`: `*` for OPTIONS, empty for CONNECT. */
export interface Http2RequestHead {
  method: string;
  scheme: string;
  /** `:authority`, or Host where that is absent; empty when there is neither. */
  authority: string;
  target: string;
  /** Must be empty at `begin`. */
  readonly headers: HeaderList;
  /** -1 without a Content-Length field. */
  contentLength: number;
}

export interface Http2ResponseHead {
  /** 100 to 999, not 101. */
  status: number;
  readonly headers: HeaderList;
  contentLength: number;
}

/** What the readers of heads and trailers have in common: the first fault, and cookies. */
abstract class FieldsReader implements FieldSink {
  protected fault: Http2FaultName | undefined;
  protected hasField = false;
  protected headers: HeaderList | undefined;
  #cookieAt = -1;

  protected restart(headers: HeaderList): void {
    this.fault = undefined;
    this.hasField = false;
    this.headers = headers;
    this.#cookieAt = -1;
  }

  field(name: string, value: string, facts: number): void {
    if (this.fault !== undefined) return;
    if (facts === 0) {
      this.hasField = true;
      this.headers?.append(name, value);
      return;
    }
    const kind = facts & kindMask;
    if ((facts & badNameFact) !== 0) this.fault = 'bad-field-name';
    else if (kind === FieldKind.connectionSpecific) this.fault = 'connection-field';
    else if ((facts & badValueFact) !== 0) this.fault = faultOfValue(kind);
    else if (kind >= FieldKind.method && kind <= FieldKind.otherPseudo) {
      if (this.hasField || !this.pseudo(kind, value)) this.fault = this.pseudoFault;
    } else {
      this.hasField = true;
      this.special(kind, name, value);
    }
  }

  protected readonly pseudoFault: Http2FaultName = 'bad-pseudo-field';

  /** Takes a valid pseudo-header field in its place; false when it may not be here. */
  protected abstract pseudo(kind: number, value: string): boolean;

  /** Takes a valid field that is not ordinary. */
  protected special(kind: number, name: string, value: string): void {
    const headers = this.headers;
    if (headers === undefined) return;
    if (kind === FieldKind.cookie) {
      if (this.#cookieAt < 0) this.#cookieAt = headers.size;
      else {
        headers.setValueAt(this.#cookieAt, `${headers.valueAt(this.#cookieAt)}; ${value}`);
        return;
      }
    }
    headers.append(name, value);
  }

  protected end(): Http2FaultName | undefined {
    this.headers = undefined;
    return this.fault;
  }
}

const faultOfValue = (kind: number): Http2FaultName => {
  switch (kind) {
    case FieldKind.method:
      return 'bad-method';
    case FieldKind.scheme:
      return 'bad-scheme';
    case FieldKind.authority:
    case FieldKind.host:
      return 'bad-authority';
    case FieldKind.path:
      return 'bad-path';
    case FieldKind.status:
      return 'bad-status';
    case FieldKind.contentLength:
      return 'bad-content-length';
    case FieldKind.te:
      return 'connection-field';
    default:
      return 'bad-field-value';
  }
};

/** Reads Content-Length once; a second one is a fault even if it agrees, as in HTTP/1. */
const readLength = (head: { contentLength: number }, value: string): Http2FaultName | undefined => {
  if (head.contentLength >= 0) return 'bad-content-length';
  head.contentLength = Number(value);
  return undefined;
};

export class RequestHeadReader extends FieldsReader {
  #head: Http2RequestHead | undefined;
  /** Bits by `FieldKind` of the pseudo-header fields that came. */
  #seen = 0;
  #host: string | undefined;

  begin(head: Http2RequestHead): void {
    this.#head = head;
    this.#seen = 0;
    this.#host = undefined;
    head.method = '';
    head.scheme = '';
    head.authority = '';
    head.target = '';
    head.contentLength = -1;
    this.restart(head.headers);
  }

  protected pseudo(kind: number, value: string): boolean {
    const head = this.#head;
    const bit = 1 << kind;
    if (head === undefined || kind > FieldKind.path || (this.#seen & bit) !== 0) return false;
    this.#seen |= bit;
    if (kind === FieldKind.method) head.method = value;
    else if (kind === FieldKind.scheme) head.scheme = value;
    else if (kind === FieldKind.authority) head.authority = value;
    else head.target = value;
    return true;
  }

  protected override special(kind: number, name: string, value: string): void {
    if (kind === FieldKind.host) {
      if (this.#host !== undefined) this.fault = 'bad-authority';
      this.#host = value;
    } else if (kind === FieldKind.contentLength && this.#head !== undefined) {
      this.fault = readLength(this.#head, value);
    } else {
      super.special(kind, name, value);
    }
  }

  /** Judges the whole head; undefined when it is valid. */
  finish(): Http2FaultName | undefined {
    const head = this.#head;
    const fault = this.end();
    this.#head = undefined;
    if (head === undefined || fault !== undefined) return fault;
    if (head.method === 'CONNECT') {
      return this.#seen === connectFields && head.authority !== '' ? this.#agree(head) : 'bad-connect';
    }
    if ((this.#seen & neededFields) !== neededFields) return 'bad-pseudo-field';
    if (head.target === '*' && head.method !== 'OPTIONS') return 'bad-path';
    return this.#agree(head);
  }

  #agree(head: Http2RequestHead): Http2FaultName | undefined {
    const host = this.#host;
    if (host === undefined) return undefined;
    if (head.authority === '') head.authority = host;
    else if (host !== head.authority && canonical(host, head.scheme) !== canonical(head.authority, head.scheme)) {
      return 'bad-authority';
    }
    return undefined;
  }
}

const neededFields = (1 << FieldKind.method) | (1 << FieldKind.scheme) | (1 << FieldKind.path);
const connectFields = (1 << FieldKind.method) | (1 << FieldKind.authority);

/** An authority without case and default port. */
const canonical = (authority: string, scheme: string): string => {
  const lower = authority.toLowerCase();
  const port = scheme === 'https' ? ':443' : ':80';
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
};

export class ResponseHeadReader extends FieldsReader {
  #head: Http2ResponseHead | undefined;

  begin(head: Http2ResponseHead): void {
    this.#head = head;
    head.status = 0;
    head.contentLength = -1;
    this.restart(head.headers);
  }

  protected pseudo(kind: number, value: string): boolean {
    const head = this.#head;
    if (head === undefined || kind !== FieldKind.status || head.status !== 0) return false;
    head.status = Number(value);
    return true;
  }

  protected override special(kind: number, name: string, value: string): void {
    if (kind === FieldKind.contentLength && this.#head !== undefined) this.fault = readLength(this.#head, value);
    else if (kind === FieldKind.te) this.fault = 'connection-field';
    // A Host field in a response means nothing and is not passed on.
    else if (kind !== FieldKind.host) super.special(kind, name, value);
  }

  finish(): Http2FaultName | undefined {
    const head = this.#head;
    const fault = this.end();
    this.#head = undefined;
    if (head === undefined || fault !== undefined) return fault;
    if (head.status === 0) return 'bad-pseudo-field';
    return head.status === 101 ? 'bad-status' : undefined;
  }
}

export class TrailerReader extends FieldsReader {
  protected override readonly pseudoFault = 'bad-trailers';

  begin(trailers: HeaderList): void {
    this.restart(trailers);
  }

  /** What frames, routes or controls a message may not come behind it (RFC 9110 section 6.5.1). */
  override field(name: string, value: string, facts: number): void {
    super.field(name, value, facts);
    if (forbiddenTrailers.has(name)) this.fault ??= 'bad-trailers';
  }

  protected pseudo(): boolean {
    return false;
  }

  finish(): Http2FaultName | undefined {
    return this.end();
  }
}
