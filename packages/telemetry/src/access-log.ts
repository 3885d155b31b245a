/** The access log: one JSON line per inbound request or connection, with the verdict and the rule that decided. */
import type { LineWriter } from './line-writer.ts';

export interface AccessEntry {
  readonly direction: 'inbound' | 'outbound';
  readonly client_ip: string;
  /** The client's mesh identity; empty without one. */
  readonly client_id: string;
  /** `true`, `no_identity`, … as in the metrics' label. */
  readonly tls: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  /** The response's status; 0 for a connection that is not HTTP or an exchange that ended without one. */
  readonly status: number;
  readonly verdict: 'permit' | 'deny' | 'none';
  /** The rule that permitted, or the Server or route that denied. */
  readonly rule: string;
  readonly route: string;
  /** Why it was refused; empty when it was not. */
  readonly reason: string;
  readonly duration_ms: number;
  readonly x_request_id: string;
}

export class AccessLog {
  readonly #lines: LineWriter;

  constructor(lines: LineWriter) {
    this.#lines = lines;
  }

  write(wallMs: number, entry: AccessEntry): void {
    this.#lines.write(JSON.stringify({ msg: 'access', ts: new Date(wallMs).toISOString(), ...entry }));
  }
}
