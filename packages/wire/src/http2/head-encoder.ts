/**
 * Heads and trailers to HEADERS frames, with CONTINUATION where a block is longer than one frame. A block is text first,
 * one char an octet, so that its length is known before there is room for it.
 */
import type { HeaderList } from '../header-list.ts';
import { fieldText } from '../hpack/index.ts';
import { writeLatin1 } from '../latin1.ts';
import { encodeFrameHeader } from './frame-encoder.ts';
import type { Http2RequestHead, Http2ResponseHead } from './head-reader.ts';
import { Flag, FrameType, frameHeaderBytes } from './protocol.ts';

/** What the frames of one head need to know beside its block. */
export interface HeadersFrame {
  readonly streamId: number;
  readonly isEndStream: boolean;
  /** The peer's SETTINGS_MAX_FRAME_SIZE. */
  readonly maxFrameBytes: number;
}

/** @param before what the block begins with: empty, or the size update that makes our blocks context-free */
export const requestBlock = (before: string, head: Http2RequestHead): string => {
  let text = before + fieldText(':method', head.method, 0);
  if (head.method !== 'CONNECT') text += fieldText(':scheme', head.scheme, 1) + fieldText(':path', head.target, 2);
  if (head.authority !== '') text += fieldText(':authority', head.authority, 3);
  return text + fieldsText(head.headers, head.contentLength);
};

/** The block of a response, final or interim. */
export const responseBlock = (before: string, head: Http2ResponseHead): string =>
  before + statusText(head.status) + fieldsText(head.headers, head.contentLength);

export const trailersBlock = (before: string, trailers: HeaderList): string => before + fieldsText(trailers, -1);

const fieldsText = (headers: HeaderList, contentLength: number): string => {
  let text = '';
  for (let i = 0; i < headers.size; i++) text += fieldText(headers.nameAt(i), headers.valueAt(i), i + 4);
  return contentLength < 0 ? text : text + fieldText('content-length', String(contentLength), headers.size + 4);
};

const statusTexts: string[] = [];

/** Three digits by contract, so these are few. */
const statusText = (status: number): string => (statusTexts[status] ??= fieldText(':status', String(status), 0));

/** An upper bound for what `encodeHeaders` writes. Frames hold at least 16 384 octets. */
export const headersBound = (block: string): number => block.length + frameHeaderBytes * (2 + (block.length >>> 14));

/** Writes a block at `at`, where `headersBound` octets are free; returns the offset behind it. */
export const encodeHeaders = (out: Buffer, at: number, block: string, frame: HeadersFrame): number => {
  const start = at + frameHeaderBytes;
  return finishBlock(out, at, writeLatin1(block, out, start), frame);
};

/** Puts frame heads around the block that ends at `end`, moving its later parts to make room where it needs several. */
const finishBlock = (out: Buffer, at: number, end: number, frame: HeadersFrame): number => {
  const { streamId, maxFrameBytes } = frame;
  const length = end - at - frameHeaderBytes;
  const endStream = frame.isEndStream ? Flag.endStream : 0;
  if (length <= maxFrameBytes) {
    encodeFrameHeader(out, at, length, FrameType.headers, endStream | Flag.endHeaders, streamId);
    return end;
  }
  const more = Math.ceil(length / maxFrameBytes) - 1;
  encodeFrameHeader(out, at, maxFrameBytes, FrameType.headers, endStream, streamId);
  for (let i = more; i > 0; i--) {
    const from = at + frameHeaderBytes + i * maxFrameBytes;
    const to = Math.min(from + maxFrameBytes, end);
    out.copyWithin(from + i * frameHeaderBytes, from, to);
    const flags = i === more ? Flag.endHeaders : 0;
    encodeFrameHeader(out, from + (i - 1) * frameHeaderBytes, to - from, FrameType.continuation, flags, streamId);
  }
  return end + more * frameHeaderBytes;
};
