/** The webhook's certificate and key as a Secret of type kubernetes.io/tls mounts them. */
import { join } from 'node:path';
import { readTogether } from '@heddle/runtime/files';
import type { Logger } from '@heddle/telemetry';

export const certificatePaths = (dir: string): readonly [certificate: string, key: string] => [
  join(dir, 'tls.crt'),
  join(dir, 'tls.key'),
];

export interface CertificateFilesOptions {
  readonly dir: string;
  readonly log: Logger;
  /** Takes a pair into use. Throws when certificate and key do not belong together. */
  readonly use: (certificatePem: string, keyPem: string) => void;
  readonly onResult: (isUsed: boolean) => void;
}

/** Keeps the last good pair in use, whatever the files hold. */
export class CertificateFiles {
  readonly #options: CertificateFilesOptions;
  #current = '';
  #lastReason = '';

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
  }

  get isLoaded(): boolean {
    return this.#current !== '';
  }

  /** Looks at the files again; does not reject. */
  async read(): Promise<void> {
    const { dir, log, use, onResult } = this.#options;
    try {
      const { 'tls.crt': certificate, 'tls.key': key } = await readTogether(dir, ['tls.crt', 'tls.key']);
      if (certificate === undefined || key === undefined) {
        throw new Error(`${join(dir, certificate === undefined ? 'tls.crt' : 'tls.key')} is missing or cannot be read`);
      }
      if (certificate + key === this.#current) return;
      use(certificate, key);
      this.#current = certificate + key;
      this.#lastReason = '';
      log.info({ dir }, 'webhook certificate in use');
      onResult(true);
    } catch (error) {
      this.#report(error instanceof Error ? error.message : String(error));
    }
  }

  /** The same trouble is told once, not at every look. */
  #report(reason: string): void {
    if (reason === this.#lastReason) return;
    this.#lastReason = reason;
    const { dir, log, onResult } = this.#options;
    const consequence = this.isLoaded ? 'the last one stays in use' : 'nothing can be served yet';
    log.error({ dir, reason }, `no new webhook certificate, ${consequence}; it takes tls.crt and its tls.key`);
    onResult(false);
  }
}
