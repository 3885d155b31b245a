/**
 * Heads without a version: what HTTP/1 and HTTP/2 connections agree on. Framing is a field of the head, not a header:
 * `content-length`, `transfer-encoding`, `host`, `connection` and the fields it names, `keep-alive`, `proxy-connection`,
 * `upgrade` and pseudo-header fields never are in `headers`. Connections take them out when they read a head and put in
 * what their own protocol needs when they write one.
 */
import type { RequestFacts } from '@heddle/policy';
import { HeaderList } from '@heddle/wire';

export type HttpVersion = '1.0' | '1.1' | '2';

export class RequestHead implements RequestFacts {
  /** What the client's application spoke; differs from the connection's where a proxy carried HTTP/1 in HTTP/2. */
  version: HttpVersion = '1.1';
  method = '';
  /** `http` or `https`. */
  scheme = 'http';
  /** `Host`, the authority of an absolute-form target, or `:authority`, as sent; empty when absent. */
  authority = '';
  /** `/path?query`; `*` for OPTIONS; empty for CONNECT. */
  target = '';
  /** The HTTP/1 request line held an absolute URI. */
  isAbsoluteForm = false;
  readonly headers = new HeaderList();
  /** Declared length of the body in bytes, -1 when none is declared. */
  contentLength = -1;
  /** False: the request is complete with its head, and no data or end event follows. */
  hasBody = false;
  /** The protocols of an HTTP/1.1 `Upgrade` that `Connection` names, as sent; empty without one. */
  upgrade = '';

  get isConnect(): boolean {
    return this.method === 'CONNECT';
  }

  get isGrpc(): boolean {
    return this.version === '2' && this.headers.get('content-type')?.startsWith('application/grpc') === true;
  }

  someHeader(name: string, visit: (value: string) => boolean): boolean {
    if (name === 'host') return this.authority !== '' && visit(this.authority);
    if (name === 'content-length') return this.contentLength >= 0 && visit(String(this.contentLength));
    return this.headers.some(name, visit);
  }

  reset(): void {
    this.version = '1.1';
    this.method = '';
    this.scheme = 'http';
    this.authority = '';
    this.target = '';
    this.isAbsoluteForm = false;
    this.headers.reset();
    this.contentLength = -1;
    this.hasBody = false;
    this.upgrade = '';
  }
}

export class ResponseHead {
  /** Final status, 200 to 599, or 101 when the protocol is switched. */
  status = 0;
  readonly headers = new HeaderList();
  /** Declared length in bytes, -1 when none is; also of a response to HEAD, which has no body. */
  contentLength = -1;
  /** False: the response is complete with its head, and no data or end event follows. */
  hasBody = false;
  /** The protocol switched to, with status 101. */
  upgrade = '';

  reset(): void {
    this.status = 0;
    this.headers.reset();
    this.contentLength = -1;
    this.hasBody = false;
    this.upgrade = '';
  }
}
