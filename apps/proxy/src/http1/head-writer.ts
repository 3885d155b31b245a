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

/**
 * Runs an encoder on the writer's slab, on a fresh one, and on a large buffer, until it fits.
 * @returns false when the head may not be written: it has what HTTP/1 cannot carry
 */
const encodeInto = (writer: SocketWriter, encode: (out: Buffer, at: number) => number): boolean => {
  for (const bytes of [512, slabBytes]) {
    const out = writer.room(bytes);
    const end = encode(out, writer.position);
    if (end >= 0) {
      writer.advance(end);
      return true;
    }
    if (end !== EncodeFault.needsSpace) return false;
  }
  const large = Buffer.allocUnsafe(largestHeadBytes);
  const end = encode(large, 0);
  if (end >= 0) writer.writeBytes(large.subarray(0, end));
  return end >= 0;
};

const requestTarget = (request: RequestHead): string => {
  if (request.isConnect) return request.authority;
  if (!request.isAbsoluteForm) return request.target;
  return `${request.scheme}://${request.authority}${request.target === '*' ? '' : request.target}`;
};

/** @returns false when the head cannot be said in HTTP/1 */
export const writeRequestHead = (writer: SocketWriter, request: RequestHead, framing: OutputFraming): boolean => {
  const { headers } = request;
  const minorVersion = request.version === '1.0' ? 0 : 1;
  if (request.authority !== '' || minorVersion === 1) headers.append('host', request.authority);
  if (request.upgrade !== '') {
    headers.append('connection', 'upgrade');
    headers.append('upgrade', request.upgrade);
  }
  const length = announcedRequestLength(request, framing);
  const target = requestTarget(request);
  const isWritten = encodeInto(writer, (out, at) =>
    encodeRequestHead(out, at, request.method, target, minorVersion, headers, length),
  );
  headers.delete('host');
  if (request.upgrade !== '') {
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
  const length = announcedResponseLength(response, method, framing);
  const isWritten = encodeInto(writer, (out, at) =>
    encodeResponseHead(out, at, status, STATUS_CODES[status] ?? '', 1, headers, length),
  );
  headers.delete('connection');
  headers.delete('upgrade');
  return isWritten;
};

/** An interim response, or with `closing` a final one without content. */
export const writeBareResponse = (
  writer: SocketWriter,
  status: number,
  headers: HeaderList,
  isFinal: boolean,
): boolean =>
  encodeInto(writer, (out, at) =>
    encodeResponseHead(out, at, status, STATUS_CODES[status] ?? '', 1, headers, isFinal ? 0 : BodyLength.none),
  );

/** The fields of a final answer outside of any exchange. */
export const closingHeaders = HeaderList.from([['connection', 'close']]);
