/** What `next()` of the frame decoder found. Small integers, compared by identity on the hot path. */
export const Http2Event = {
  /** Nothing complete is buffered: push more. */
  needMore: 0,
  /** `streamId`, `isEndStream`, `bytes[start..end)`: the whole header block, joined from its frames. */
  headers: 1,
  /**
   * `streamId`, `isEndStream`, `bytes[start..end)`, `flowBytes`, `paddingBytes`. A frame may come in several pieces:
   * `flowBytes` counts the whole of it on the first and is 0 on the others, `isEndStream` is true on the last only.
   */
  data: 2,
  /** `streamId`, `errorCode`. */
  rstStream: 3,
  /** `bytes[start..end)`: whole settings of six octets, for `readSettings`. */
  settings: 4,
  settingsAck: 5,
  /** `bytes[start..end)`: the eight octets to send back. */
  ping: 6,
  /** `bytes[start..end)`: the eight octets sent. */
  pingAck: 7,
  /** `lastStreamId`, `errorCode`, `bytes[start..end)`: debug data. */
  goaway: 8,
  /** `streamId` (0 for the connection), `increment` (0 is a fault of the stream or connection). */
  windowUpdate: 9,
  /** A PRIORITY frame, or one of a type that is not known: nothing to do but to count it. */
  ignored: 10,
  /** The input is not acceptable: `fault` says why. Final. */
  error: 11,
} as const;

export type Http2Event = (typeof Http2Event)[keyof typeof Http2Event];
