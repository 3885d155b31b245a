/** A port that could not be opened: whose it was to be, where, why not, and what to do. */

export interface ListenTarget {
  /** Whose port: "inbound proxy", "admin". */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process already listens there; stop it or choose another port',
  EADDRNOTAVAIL: 'this machine has no such address; choose one of its own',
  EACCES: 'not permitted; ports below 1024 need CAP_NET_BIND_SERVICE, choose a higher one',
  ENOTFOUND: 'no such host name; give an IP address',
};

export class ListenError extends Error {
  /** `EADDRINUSE` and its like. */
  readonly code: string;

  constructor({ name, host, port }: ListenTarget, cause: Error) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown';
    super(`${name}: cannot listen on ${host}:${port}: ${advice[code] ?? cause.message} (${code})`, { cause });
    this.name = 'ListenError';
    this.code = code;
  }
}
