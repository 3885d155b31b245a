/**
 * The access log, a line per inbound request or connection: as JSON, with the verdict and the rule that decided, or in
 * the combined log format of the Apache HTTP server, for tools that read nothing else.
 */
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

/** What only the combined format shows, of an HTTP message. */
export interface AccessMessage {
  readonly version: '1.0' | '1.1' | '2';
  /** Body bytes of the response. */
  readonly responseBytes: number;
  /** Header values as the client sent them; empty when absent. */
  readonly referer: string;
  readonly userAgent: string;
}

export type AccessFormat = 'json' | 'apache';

export class AccessLog {
  readonly #lines: LineWriter;
  readonly #format: AccessFormat;

  constructor(lines: LineWriter, format: AccessFormat) {
    this.#lines = lines;
    this.#format = format;
  }

  /** @param message absent for a connection that is not HTTP */
  write(wallMs: number, entry: AccessEntry, message: AccessMessage | undefined): void {
    const line = this.#format === 'json' ? jsonLine(wallMs, entry) : combinedLine(wallMs, entry, message);
    this.#lines.write(line);
  }
}

const jsonLine = (wallMs: number, entry: AccessEntry): string =>
  JSON.stringify({ msg: 'access', ts: new Date(wallMs).toISOString(), ...entry });

/** `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`; the user is the client's mesh identity. */
const combinedLine = (wallMs: number, entry: AccessEntry, message: AccessMessage | undefined): string => {
  const { client_ip, client_id, method, path, authority, status } = entry;
  const request = message === undefined ? '' : `${method} ${path || authority} ${versions[message.version]}`;
  const result = `${status || '-'} ${message?.responseBytes || '-'}`;
  const headers = `${quoted(message?.referer)} ${quoted(message?.userAgent)}`;
  return `${client_ip} - ${client_id || '-'} [${timeOf(wallMs)}] ${quoted(request)} ${result} ${headers}`;
};

const versions = { '1.0': 'HTTP/1.0', '1.1': 'HTTP/1.1', '2': 'HTTP/2.0' } as const;

/** `10/Oct/2000:13:55:36 +0000`, in UTC. */
const timeOf = (wallMs: number): string => {
  const [, day, month, year, time] = new Date(wallMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
};

/** In quotes, with everything escaped that would end them or the line. */
const quoted = (text = ''): string =>
  `"${(text || '-').replace(/["\\]|[^ -~]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\x${(char.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`,
  )}"`;
