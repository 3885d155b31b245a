/**
 * HTTP/2 frames to bytes (RFC 9113 section 6). Each function writes at `at`, where there must be room, and returns the
 * offset behind what it wrote.
 */
import { Flag, FrameType, frameHeaderBytes } from './protocol.ts';

export const encodeFrameHeader = (
  out: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number => {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  return writeUint32(out, at + 5, streamId);
};

/** Settings as `[id, value]` pairs. */
export const encodeSettings = (
  out: Buffer,
  at: number,
  settings: readonly (readonly [id: number, value: number])[],
): number => {
  at = encodeFrameHeader(out, at, 6 * settings.length, FrameType.settings, 0, 0);
  for (const [id, value] of settings) {
    out[at++] = id >>> 8;
    out[at++] = id;
    at = writeUint32(out, at, value);
  }
  return at;
};

export const encodeSettingsAck = (out: Buffer, at: number): number =>
  encodeFrameHeader(out, at, 0, FrameType.settings, Flag.ack, 0);

/** The size of RST_STREAM and WINDOW_UPDATE frames. */
export const shortFrameBytes: number = frameHeaderBytes + 4;

export const encodeRstStream = (out: Buffer, at: number, streamId: number, errorCode: number): number =>
  writeUint32(out, encodeFrameHeader(out, at, 4, FrameType.rstStream, 0, streamId), errorCode);

/** `increment` is at least 1; `streamId` 0 means the connection. */
export const encodeWindowUpdate = (out: Buffer, at: number, streamId: number, increment: number): number =>
  writeUint32(out, encodeFrameHeader(out, at, 4, FrameType.windowUpdate, 0, streamId), increment);

export const pingFrameBytes: number = frameHeaderBytes + 8;

/** Sends the eight octets at `opaque[from]`. */
export const encodePing = (out: Buffer, at: number, isAck: boolean, opaque: Buffer, from: number): number => {
  at = encodeFrameHeader(out, at, 8, FrameType.ping, isAck ? Flag.ack : 0, 0);
  for (let i = 0; i < 8; i++) out[at++] = opaque[from + i] as number;
  return at;
};

export const goawayFrameBytes: number = frameHeaderBytes + 8;

export const encodeGoaway = (out: Buffer, at: number, lastStreamId: number, errorCode: number): number => {
  at = encodeFrameHeader(out, at, 8, FrameType.goaway, 0, 0);
  return writeUint32(out, writeUint32(out, at, lastStreamId), errorCode);
};

const writeUint32 = (out: Buffer, at: number, value: number): number => {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
};
