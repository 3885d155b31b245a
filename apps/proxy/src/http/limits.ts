/** Bounds on what a peer may make the proxy hold or do. Every number has a test that reaches it. */

export interface HttpLimits {
  /** Decoded size of a head or of trailers: sum of names, values and 32 per field (RFC 9113 section 6.5.2). */
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
  /** From the first byte of a head to its end; also the time a connection may take for its first head. */
  readonly headTimeoutMs: number;
  /** A server connection without exchanges is closed after this. */
  readonly idleTimeoutMs: number;
  /**
   * An exchange on which nothing moved in either direction, while the other side waits or after the client has sent
   * the end of its connection, is aborted after this.
   */
  readonly stalledTimeoutMs: number;
  readonly http1: {
    /** Body bytes read and not yet accepted by the other side before the socket is paused. */
    readonly windowBytes: number;
    /** Requests answered on one connection are unlimited; this bounds those read ahead (pipelining). */
    readonly maxPipelined: number;
  };
  readonly http2: {
    /** Streams a peer may have open on one server connection. */
    readonly maxConcurrentStreams: number;
    readonly initialStreamWindowBytes: number;
    readonly connectionWindowBytes: number;
    /** Bytes queued for a peer that does not read, over all streams of a connection, before its streams stop. */
    readonly maxQueuedBytes: number;
    /** Bytes queued over all connections of the process before new streams are refused. */
    readonly maxQueuedBytesOfProcess: number;
    /** Stream resets, sent or received, per second, averaged over ten (rapid reset, MadeYouReset). */
    readonly maxResetsPerSecond: number;
    /** Frames that carry no data and open no stream (SETTINGS, PING, PRIORITY, empty DATA), per second. */
    readonly maxControlFramesPerSecond: number;
    /** PINGs towards a server, and how long an answer may take; absent: none. */
    readonly keepAlive?: { readonly intervalMs: number; readonly timeoutMs: number } | undefined;
  };
}

export const defaultHttpLimits: HttpLimits = {
  maxHeadBytes: 64 * 1024,
  maxHeaderFields: 256,
  headTimeoutMs: 10_000,
  idleTimeoutMs: 600_000,
  stalledTimeoutMs: 300_000,
  http1: { windowBytes: 256 * 1024, maxPipelined: 1 },
  http2: {
    maxConcurrentStreams: 1024,
    initialStreamWindowBytes: 65_535,
    connectionWindowBytes: 1024 * 1024,
    maxQueuedBytes: 1024 * 1024,
    maxQueuedBytesOfProcess: 128 * 1024 * 1024,
    maxResetsPerSecond: 200,
    maxControlFramesPerSecond: 500,
  },
};
