/** Bounds on what an HTTP/1 peer may make a decoder hold or scan. All in octets unless the name says otherwise. */
export interface Http1Limits {
  /** Start line and fields together, with the empty line. */
  readonly maxHeadBytes: number;
  /** Request line or status line, without CRLF. */
  readonly maxStartLineBytes: number;
  readonly maxHeaderCount: number;
  /** A chunk-size line with its extensions, without CRLF. */
  readonly maxChunkLineBytes: number;
  /** Chunk extensions of one body together: they are read and thrown away, so they must not be endless. */
  readonly maxChunkExtensionBytes: number;
  /** The trailer section with its empty line. */
  readonly maxTrailerBytes: number;
  readonly maxTrailerCount: number;
}

export const defaultHttp1Limits: Http1Limits = {
  maxHeadBytes: 65_536,
  maxStartLineBytes: 16_384,
  maxHeaderCount: 128,
  maxChunkLineBytes: 256,
  maxChunkExtensionBytes: 16_384,
  maxTrailerBytes: 8_192,
  maxTrailerCount: 32,
};
