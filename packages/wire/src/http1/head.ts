import { HeaderList } from '../header-list.ts';

/** How a body is delimited: its exact length when zero or more, or one of these. */
export const BodyLength = {
  /** No body and no framing field: most requests, and responses that never have one (HEAD, 1xx, 204, 304). */
  none: -1,
  chunked: -2,
  /** Response only: the body ends with the connection. */
  untilClose: -3,
  /** Response only (101, or 2xx to CONNECT): what follows is not HTTP/1. */
  tunnel: -4,
} as const;

/** Form of a request target (RFC 9112 §3.2). */
export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk';

/** What both kinds of head have. One record per decoder, refilled by each head. */
export class MessageHead {
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  minorVersion = 1;
  /**
   * All fields as received, framing and connection fields included. May be replaced between messages, so that the next
   * head is decoded straight into a list of the caller's.
   */
  headers: HeaderList = new HeaderList();
  /** How the body that follows is delimited: octets, or a constant of `BodyLength`. */
  bodyLength: number = BodyLength.none;
  /** Declared Content-Length, or -1. Differs from `bodyLength` for responses to HEAD and for 304. */
  contentLength = -1;
  /** Whether the sender is willing to use the connection for another message after this one. */
  isKeepAlive = true;
  /**
   * Lower-case field names that the Connection field nominates as hop-by-hop, beside the well-known options `close`,
   * `keep-alive` and `upgrade`. Never holds host, content-length or transfer-encoding, which nobody may nominate away.
   */
  readonly nominated: string[] = [];
  /** Value of Upgrade if the Connection field has the `upgrade` option too, else empty. */
  upgrade = '';
}

/** A request line and its fields. Strings are Latin-1 and may be views of the whole head's text. */
export class RequestHead extends MessageHead {
  method = '';
  /** The request target exactly as received: printable ASCII. */
  target = '';
  targetForm: TargetForm = 'origin';
  /** Host and optional port from the target if it has one (absolute and authority form), else from Host; '' if none. */
  authority = '';
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue = false;
}

/** A status line and its fields. */
export class ResponseHead extends MessageHead {
  /** 100..999, three digits. */
  status = 0;
  reason = '';
}
