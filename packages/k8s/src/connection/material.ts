/**
 * The secrets of a connection as they are now. Files are read again when they have not been looked at for a minute (a
 * projected token is replaced well before it expires), and at once after the server refused who we are.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '@heddle/runtime';
import { type ClusterConnection, ConnectionError, type TextSource } from './connection.ts';

export interface Material {
  readonly certificateAuthority: string | undefined;
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

const rereadMs = 60_000;

export class MaterialReader {
  readonly #connection: ClusterConnection;
  readonly #clock: Clock;
  #current: Material | undefined;
  #readAtMs = 0;

  constructor(connection: ClusterConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** The same value as before when nothing has changed. @throws {ConnectionError} when a file was never readable */
  async read(): Promise<Material> {
    const nowMs = this.#clock.nowMs();
    if (this.#current !== undefined && nowMs - this.#readAtMs < rereadMs) return this.#current;
    try {
      const next = await materialOf(this.#connection);
      if (this.#current === undefined || !isSame(this.#current, next)) this.#current = next;
    } catch (error) {
      // Half-way through a replacement: what was good stays good until the server says otherwise.
      if (this.#current === undefined) throw error;
    }
    this.#readAtMs = nowMs;
    return this.#current;
  }

  /** The next `read` looks at the files whatever their age. */
  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }
}

const materialOf = async (connection: ClusterConnection): Promise<Material> => {
  const [certificateAuthority, token, certificate, key] = await Promise.all([
    textOf(connection.certificateAuthority),
    textOf(connection.token),
    textOf(connection.clientCertificate?.certificate),
    textOf(connection.clientCertificate?.key),
  ]);
  return { certificateAuthority, token: token?.trim(), certificate, key };
};

const textOf = async (source: TextSource | undefined): Promise<string | undefined> => {
  if (source?.kind !== 'file') return source?.text;
  let text: string;
  try {
    text = await readFile(source.file, 'utf8');
  } catch (cause) {
    throw new ConnectionError(`${source.file} cannot be read`, { cause });
  }
  if (text.trim() === '') throw new ConnectionError(`${source.file} is empty`);
  return text;
};

const isSame = (a: Material, b: Material): boolean =>
  a.certificateAuthority === b.certificateAuthority &&
  a.token === b.token &&
  a.certificate === b.certificate &&
  a.key === b.key;
