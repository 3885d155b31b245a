/** HTTP/2 as bytes: frames that no library would send, and what came back (RFC 9113 section 4). */
import { encodeField } from '@heddle/wire/hpack';
import { clientPreface, ErrorCode, FrameType } from '@heddle/wire/http2';

export { clientPreface, ErrorCode, FrameType };

export const endStream = 1;
export const endHeaders = 4;

export const frame = (type: number, flags: number, streamId: number, payload: Uint8Array | string = ''): Buffer => {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
};

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A header block; names and values go out as they are given. */
export const block = (fields: readonly (readonly [name: string, value: string])[]): Buffer => {
  const bytes = Buffer.alloc(256 + fields.reduce((sum, [name, value]) => sum + name.length + value.length + 16, 0));
  let end = 0;
  for (const [name, value] of fields) end = encodeField(bytes, end, name, value);
  return bytes.subarray(0, end);
};

export type Fields = Readonly<Record<string, string>>;

/** Pseudo-header fields of a request to authors, or others in their place. */
export const requestBlock = (change: Fields = {}, ...more: readonly (readonly [string, string])[]): Buffer => {
  const pseudo = { ':method': 'GET', ':scheme': 'http', ':authority': 'authors', ':path': '/authors/1', ...change };
  return block([...Object.entries(pseudo), ...more]);
};

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** The complete frames of what was received. */
export const framesOf = (received: Buffer): Frame[] => {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= received.length; ) {
    const length = received.readUIntBE(at, 3);
    if (at + 9 + length > received.length) break;
    frames.push({
      type: received[at + 3] ?? 0,
      flags: received[at + 4] ?? 0,
      streamId: received.readUInt32BE(at + 5),
      payload: received.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
};

/** The error code of the first GOAWAY, or RST_STREAM of a stream, among what was received. */
export const goawayCode = (received: Buffer): number | undefined =>
  framesOf(received)
    .find(({ type }) => type === FrameType.goaway)
    ?.payload.readUInt32BE(4);

export const resetCode = (received: Buffer, streamId: number): number | undefined =>
  framesOf(received)
    .find(({ type, streamId: id }) => type === FrameType.rstStream && id === streamId)
    ?.payload.readUInt32BE(0);
