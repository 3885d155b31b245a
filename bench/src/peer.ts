/**
 * A pair of proxies under test: plaintext HTTP/1.1 in, mutual TLS 1.3 between the two, plaintext HTTP/1.1 out to the
 * backend.
 */

export interface RunningPair {
  /** Where a client sends plaintext HTTP/1.1. */
  readonly url: string;
  /** The two proxies: CPU and memory are summed over these. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** `backendPort` is a port of 127.0.0.1. */
  start(backendPort: number, dir: string): Promise<RunningPair>;
}
