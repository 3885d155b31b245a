/**
 * Why an HTTP/1 message was refused: one closed table. `status` is what a server answers to a request (a proxy answers
 * 502 to any fault of a response); `section` is where the rule stands, RFC 9112 unless it says otherwise.
 */
const table = {
  'bare-line-feed': { status: 400, section: '2.2', text: 'a line ends with LF alone; end lines with CRLF' },
  'bad-request-line': { status: 400, section: '3', text: 'the request line is not "METHOD target HTTP/1.x"' },
  'bad-method': { status: 400, section: '3.1', text: 'the method is not a token' },
  'method-too-long': { status: 501, section: '3.1', text: 'the method is longer than any that is implemented' },
  'bad-target': { status: 400, section: '3.2', text: 'the request target has no valid form for this method' },
  'start-line-too-long': { status: 414, section: '3', text: 'the start line is longer than the limit' },
  'bad-version': { status: 505, section: '2.3', text: 'the version is neither HTTP/1.1 nor HTTP/1.0' },
  'bad-status-line': { status: 502, section: '4', text: 'the status line is not "HTTP/1.x status reason"' },
  'head-too-large': { status: 431, section: 'RFC 6585 5', text: 'the head is larger than the limit' },
  'too-many-fields': { status: 431, section: 'RFC 6585 5', text: 'there are more fields than the limit' },
  'obsolete-folding': { status: 400, section: '5.2', text: 'a field line starts with a blank (obsolete line folding)' },
  'bad-field-name': {
    status: 400,
    section: '5.1',
    text: 'a field name is empty, not a token, or not right before ":"',
  },
  'bad-field-value': { status: 400, section: 'RFC 9110 5.5', text: 'a field value has a control character' },
  'missing-host': { status: 400, section: '3.2', text: 'an HTTP/1.1 request has no Host field' },
  'repeated-host': { status: 400, section: '3.2', text: 'there is more than one Host field' },
  'bad-host': { status: 400, section: '3.2', text: 'the Host field is not a host and optional port' },
  'host-mismatch': { status: 400, section: '3.2.2', text: 'the Host field contradicts the request target' },
  'bad-content-length': { status: 400, section: '6.3', text: 'Content-Length is not one canonical decimal number' },
  'repeated-content-length': { status: 400, section: '6.3', text: 'there is more than one Content-Length' },
  'length-and-coding': { status: 400, section: '6.1', text: 'both Content-Length and Transfer-Encoding are present' },
  'unknown-coding': { status: 501, section: '6.1', text: 'Transfer-Encoding is something else than "chunked"' },
  'repeated-coding': { status: 400, section: '6.1', text: 'there is more than one Transfer-Encoding' },
  'coding-on-http-1.0': { status: 400, section: '6.1', text: 'Transfer-Encoding is in an HTTP/1.0 message' },
  'forbidden-framing': { status: 400, section: '6.3', text: 'this kind of message must not announce a body' },
  'bad-connection': { status: 400, section: 'RFC 9110 7.6.1', text: 'the Connection field is not a list of tokens' },
  'bad-chunk-size': { status: 400, section: '7.1', text: 'a chunk size is not a hexadecimal number within limits' },
  'bad-chunk-extension': { status: 400, section: '7.1.1', text: 'a chunk extension is malformed or too long' },
  'bad-chunk-end': { status: 400, section: '7.1', text: 'chunk data is not followed by CRLF' },
  'trailers-too-large': { status: 431, section: '7.1.2', text: 'the trailer section is larger than the limit' },
  'forbidden-trailer': { status: 400, section: 'RFC 9110 6.5.1', text: 'a trailer field may not be a trailer' },
  'unexpected-response': { status: 502, section: '9.2', text: 'a response came that no request asked for' },
  'unexpected-upgrade': { status: 502, section: 'RFC 9110 7.8', text: '101 came but no upgrade was asked for' },
  truncated: { status: 400, section: '8', text: 'the peer ended in the middle of a message' },
} as const;

export type Http1ErrorCode = keyof typeof table;

export interface Http1Error {
  readonly code: Http1ErrorCode;
  /** Status to answer with when the fault is in a request. */
  readonly status: number;
  /** Section of RFC 9112, or another RFC and its section. */
  readonly section: string;
  readonly text: string;
}

/** The error of a code. Same object for the same code. */
export const http1Error = (code: Http1ErrorCode): Http1Error => errors[code];

const errors = Object.fromEntries(
  Object.entries(table).map(([code, row]) => [code, Object.freeze({ code, ...row })]),
) as Readonly<Record<Http1ErrorCode, Http1Error>>;

/** Every error there is, for reference pages and tests. */
export const http1Errors: readonly Http1Error[] = Object.values(errors);
