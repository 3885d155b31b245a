/** Heads and trailers to HEADERS frames, with CONTINUATION where a block is longer than one frame. */
import type { HeaderList } from '../header-list.ts';
import { encodeField, encodeTableSizeZero, maxEncodedLength } from '../hpack/index.ts';
import { encodeFrameHeader } from './frame-encoder.ts';
import type { Http2RequestHead, Http2ResponseHead } from './head-reader.ts';
import { Flag, FrameType, frameHeaderBytes } from './protocol.ts';

/** What the frames of one head need to know beside the head. */
export interface HeadersFrame {
  readonly streamId: number;
  readonly isEndStream: boolean;
  /** The peer's SETTINGS_MAX_FRAME_SIZE. */
  readonly maxFrameBytes: number;
  /** Begin the block with the size update that makes our blocks context-free (see `encodeTableSizeZero`). */
  readonly resetsTable: boolean;
}

/** Room for pseudo-header fields beyond their values, and for Content-Length. */
const fixedBytes = 128;

const fieldsBound = (headers: HeaderList): number => {
  let bound = fixedBytes;
  for (let i = 0; i < headers.size; i++) bound += maxEncodedLength(headers.nameAt(i), headers.valueAt(i));
  return bound;
};

/** Frames of at least 16 384 octets: what CONTINUATION adds to a block is less than this. */
const framed = (blockBound: number): number => blockBound + frameHeaderBytes * (2 + (blockBound >>> 14));

/** Upper bounds for what the functions below write. */
export const requestHeadBound = (head: Http2RequestHead): number =>
  framed(fieldsBound(head.headers) + head.method.length + head.authority.length + head.target.length);
export const responseHeadBound = (head: Http2ResponseHead): number => framed(fieldsBound(head.headers));
export const trailersBound = (trailers: HeaderList): number => framed(fieldsBound(trailers));

/** Writes a request at `at`, where `requestHeadBound` octets are free; returns the offset behind it. */
export const encodeRequestHead = (out: Buffer, at: number, head: Http2RequestHead, frame: HeadersFrame): number => {
  let end = beginBlock(out, at, frame);
  end = encodeField(out, end, ':method', head.method);
  if (head.method !== 'CONNECT') {
    end = encodeField(out, end, ':scheme', head.scheme);
    end = encodeField(out, end, ':path', head.target);
  }
  if (head.authority !== '') end = encodeField(out, end, ':authority', head.authority);
  end = encodeFields(out, end, head.headers);
  end = encodeLength(out, end, head.contentLength);
  return finishBlock(out, at, end, frame);
};

/** Writes a response, final or interim. */
export const encodeResponseHead = (out: Buffer, at: number, head: Http2ResponseHead, frame: HeadersFrame): number => {
  let end = beginBlock(out, at, frame);
  end = encodeField(out, end, ':status', String(head.status));
  end = encodeFields(out, end, head.headers);
  end = encodeLength(out, end, head.contentLength);
  return finishBlock(out, at, end, frame);
};

export const encodeTrailers = (out: Buffer, at: number, trailers: HeaderList, frame: HeadersFrame): number =>
  finishBlock(out, at, encodeFields(out, beginBlock(out, at, frame), trailers), frame);

const beginBlock = (out: Buffer, at: number, frame: HeadersFrame): number =>
  frame.resetsTable ? encodeTableSizeZero(out, at + frameHeaderBytes) : at + frameHeaderBytes;

const encodeFields = (out: Buffer, at: number, headers: HeaderList): number => {
  for (let i = 0; i < headers.size; i++) at = encodeField(out, at, headers.nameAt(i), headers.valueAt(i));
  return at;
};

const encodeLength = (out: Buffer, at: number, contentLength: number): number =>
  contentLength < 0 ? at : encodeField(out, at, 'content-length', String(contentLength));

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
