/** Heads between HTTP/1 and the version-free form of an exchange: framing and connection fields go in and out here. */
import {
  BodyLength,
  type MessageHead,
  type RequestHead as WireRequest,
  type ResponseHead as WireResponse,
} from '@heddle/wire/http1';
import type { RequestHead, ResponseHead } from '../http/head.ts';

/** Fields that belong to one connection, or are fields of the version-free head (RFC 9110 section 7.6.1). */
const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

const isConnectionField = (name: string): boolean => connectionFields.has(name);

/** Takes out of the head's headers all that belongs to the connection it came on. */
export const stripConnectionFields = ({ headers, nominated }: MessageHead): void => {
  headers.deleteWhere(isConnectionField);
  for (const name of nominated) headers.delete(name);
};

/** Fills `request` from a decoded head; its headers were decoded into `request.headers` already. */
export const takeRequest = (head: WireRequest, request: RequestHead): void => {
  request.version = head.minorVersion === 0 ? '1.0' : '1.1';
  request.method = head.method;
  request.authority = head.authority;
  request.isAbsoluteForm = head.targetForm === 'absolute';
  request.target = head.targetForm === 'origin' ? head.target : targetOf(head);
  request.scheme = request.isAbsoluteForm && /^https:/i.test(head.target) ? 'https' : 'http';
  request.contentLength = head.contentLength;
  const hasContent = head.bodyLength > 0 || head.bodyLength === BodyLength.chunked;
  request.upgrade = hasContent || carriesRequests(head.upgrade) ? '' : head.upgrade;
  // What follows an upgrade or CONNECT may be a tunnel, so its end is not known with its head.
  request.hasBody = hasContent || request.upgrade !== '' || request.isConnect;
  stripConnectionFields(head);
};

/**
 * An upgrade to HTTP/2 would carry requests past the policy that judged the first one (h2c smuggling), as would one to
 * another HTTP, or to TLS (RFC 2817) with HTTP in it: it is never offered on. Neither is an upgrade of a request that has
 * content, which nobody sends.
 */
const carriesRequests = (upgrade: string): boolean =>
  upgrade !== '' && /(?:^|,)\s*(?:h2c?\s*(?:,|$)|(?:HTTP|TLS)\b)/i.test(upgrade);

/** Origin form of the other forms of a target (RFC 9112 section 3.2). */
const targetOf = (head: WireRequest): string => {
  if (head.targetForm === 'asterisk') return '*';
  if (head.targetForm === 'authority') return '';
  const afterAuthority = /^[^:]+:\/\/[^/?#]*(.*)$/s.exec(head.target)?.[1] ?? '';
  if (afterAuthority === '') return head.method === 'OPTIONS' ? '*' : '/';
  return afterAuthority.startsWith('/') ? afterAuthority : `/${afterAuthority}`;
};

/** Fills `response` from a decoded final head whose headers were decoded into `response.headers`. */
export const takeResponse = (head: WireResponse, response: ResponseHead): void => {
  response.status = head.status;
  response.contentLength = head.contentLength;
  response.hasBody = head.bodyLength > 0 || head.bodyLength < BodyLength.none;
  response.upgrade = head.status === 101 ? head.upgrade : '';
  stripConnectionFields(head);
};
