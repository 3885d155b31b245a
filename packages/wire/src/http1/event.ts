/** What `next()` of an HTTP/1 decoder found. Small integers, compared by identity on the hot path. */
export const Http1Event = {
  /** Nothing complete is buffered: push more, or call `finish` if the peer has ended. */
  needMore: 0,
  /** A final head; `decoder.head` is filled. Body events, then `end` (or `tunnel` events) follow. */
  head: 1,
  /** An interim response (1xx but 101); `decoder.head` is filled. Another head follows. */
  interim: 2,
  /** Body octets in `decoder.data`, never empty: a view of a pushed chunk, without chunk framing. */
  body: 3,
  /** Trailer fields of a chunked body in `decoder.trailers`, not empty. `end` follows. */
  trailers: 4,
  /** The message is complete. */
  end: 5,
  /** Octets of a tunnel (CONNECT, Upgrade) in `decoder.data`, never empty: a view of a pushed chunk. */
  tunnel: 6,
  /** The peer ended cleanly between messages, or ended its side of a tunnel. Final. */
  closed: 7,
  /** The input is not acceptable: `decoder.error` says why. Final. */
  error: 8,
} as const;

export type Http1Event = (typeof Http1Event)[keyof typeof Http1Event];
