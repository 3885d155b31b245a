/** How a body is delimited on the connection it goes out on, decided from the version-free head. */
import { BodyLength } from '@heddle/wire/http1';
import type { RequestHead, ResponseHead } from '../http/head.ts';

export type OutputFraming = 'none' | 'length' | 'chunked' | 'until-close' | 'tunnel';

/** Methods whose requests usually have content: without any they say so (RFC 9110 section 8.6). */
const usuallyHasContent: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

export const requestFraming = (request: RequestHead): OutputFraming => {
  // The body of an upgrade or CONNECT is the tunnel that may follow.
  if (!request.hasBody || request.upgrade !== '' || request.isConnect) return 'none';
  return request.contentLength >= 0 ? 'length' : 'chunked';
};

/** What the request's head announces: octets, or a constant of `BodyLength`. */
export const announcedRequestLength = (request: RequestHead, framing: OutputFraming): number => {
  if (framing === 'chunked') return BodyLength.chunked;
  if (request.contentLength >= 0) return request.contentLength;
  return usuallyHasContent.has(request.method) ? 0 : BodyLength.none;
};

/** The framing of a response to `method`, towards a client that understands `chunked` or does not. */
export const responseFraming = (response: ResponseHead, method: string, knowsChunked: boolean): OutputFraming => {
  if (response.status === 101 || (method === 'CONNECT' && response.status < 300)) return 'tunnel';
  if (!response.hasBody) return 'none';
  if (response.contentLength >= 0) return 'length';
  return knowsChunked ? 'chunked' : 'until-close';
};

/** What the response's head announces. */
export const announcedResponseLength = (response: ResponseHead, method: string, framing: OutputFraming): number => {
  if (framing === 'chunked') return BodyLength.chunked;
  if (framing === 'tunnel' || framing === 'until-close' || response.status === 204) return BodyLength.none;
  if (response.contentLength >= 0) return response.contentLength;
  return method === 'HEAD' || response.status === 304 ? BodyLength.none : 0;
};
