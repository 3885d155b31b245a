import type { Duplex } from 'node:stream';

/** A proxy to ask, and the identity it should have. */
export interface Subject {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  /** For reading, where it is not `host:port`. */
  readonly name?: string;
  /** The way to it, where it is not an address to connect to. */
  readonly open?: () => Promise<Duplex>;
}
