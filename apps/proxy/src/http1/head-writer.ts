/** Writes version-free heads as HTTP/1: connection fields are added for the writing only, the head stays as it was. */
import { STATUS_CODES } from 'node:http';
import { HeaderList } from '@heddle/wire';
import { BodyLength, EncodeFault, encodeRequestHead, encodeResponseHead } from '@heddle/wire/http1';
import type { RequestHead, ResponseHead } from '../http/head.ts';
import { announcedRequestLength, announcedResponseLength, type OutputFraming } from './framing.ts';
import { slabBytes } from './slab.ts';
import type { SocketWriter } from './socket-writer.ts';

/** A head that does not fit a slab gets memory of its own; none is larger than what is accepted, names repeated. */
const largestHeadBytes = 16 * slabBytes;

/** What a head usually needs; a slab with less room is exchanged for a fresh one. */
const usualHeadBytes = 512;

/** Takes `end`, an encoder's answer for the writer's slab. @returns false when the head was not written */
const took = (writer: SocketWriter, end: number): boolean => {
  if (end >= 0) writer.advance(end);
  return end >= 0;
};

/** A head that did not fit: on a fresh slab, or else in memory of its own. */
const encodeLarge = (writer: SocketWriter, encode: (out: Buffer, at: number) => number): boolean => {
  const end = encode(writer.room(slabBytes), writer.position);
  if (end !== EncodeFault.needsSpace) return took(writer, end);
  const large = Buffer.allocUnsafe(largestHeadBytes);
  const largeEnd = encode(large, 0);
  if (largeEnd >= 0) writer.writeBytes(large.subarray(0, largeEnd));
  return largeEnd >= 0;
};

const requestTarget = (request: RequestHead): string => {
  if (request.isConnect) return request.authority;
  // `http:///a/b` is the host `a` and the path `/b` to some (WHATWG URL): another path than the one decided on.
  if (!request.isAbsoluteForm || request.authority === '') return request.target;
  return `${request.scheme}://${request.authority}${request.target === '*' ? '' : request.target}`;
};

/** @returns false when the head cannot be said in HTTP/1 */
export const writeRequestHead = (writer: SocketWriter, request: RequestHead, framing: OutputFraming): boolean => {
  const { headers, method, upgrade } = request;
  // RFC 9112 section 6.1: HTTP/1.0 has no transfer codings, and a server that ignores one reads the body as requests.
  const minorVersion = request.version === '1.0' && framing !== 'chunked' ? 0 : 1;
  if (request.authority !== '' || minorVersion === 1) headers.append('host', request.authority);
  if (upgrade !== '') {
    headers.append('connection', 'upgrade');
    headers.append('upgrade', upgrade);
  }
  const length = announcedRequestLength(request, framing);
  const target = requestTarget(request);
  const out = writer.room(usualHeadBytes);
  const end = encodeRequestHead(out, writer.position, method, target, minorVersion, headers, length);
  const isWritten =
    end === EncodeFault.needsSpace
      ? encodeLarge(writer, (to, at) => encodeRequestHead(to, at, method, target, minorVersion, headers, length))
      : took(writer, end);
  headers.delete('host');
  if (upgrade !== '') {
    headers.delete('connection');
    headers.delete('upgrade');
  }
  return isWritten;
};

/**
 * @param connection value of the Connection field; empty for none
 * @returns false when the head cannot be said in HTTP/1
 */
export const writeResponseHead = (
  writer: SocketWriter,
  response: ResponseHead,
  method: string,
  framing: OutputFraming,
  connection: string,
): boolean => {
  const { headers, status } = response;
  const isSwitching = status === 101;
  if (isSwitching) headers.append('upgrade', response.upgrade);
  if (isSwitching || connection !== '') headers.append('connection', isSwitching ? 'upgrade' : connection);
  const isWritten = writeResponse(writer, status, headers, announcedResponseLength(response, method, framing));
  if (isSwitching || connection !== '') headers.delete('connection');
  if (isSwitching) headers.delete('upgrade');
  return isWritten;
};

/** An interim response, or a final one without content. */
export const writeBareResponse = (
  writer: SocketWriter,
  status: number,
  headers: HeaderList,
  isFinal: boolean,
): boolean => writeResponse(writer, status, headers, isFinal ? 0 : BodyLength.none);

const writeResponse = (writer: SocketWriter, status: number, headers: HeaderList, length: number): boolean => {
  const reason = STATUS_CODES[status] ?? '';
  const end = encodeResponseHead(writer.room(usualHeadBytes), writer.position, status, reason, 1, headers, length);
  return end === EncodeFault.needsSpace
    ? encodeLarge(writer, (to, at) => encodeResponseHead(to, at, status, reason, 1, headers, length))
    : took(writer, end);
};

/** The fields of a final answer outside of any exchange. */
export const closingHeaders = HeaderList.from([['connection', 'close']]);
