/**
 * What this process shows to its peers and whom it believes, replaceable while connections are open. Each change builds
 * the TLS contexts once; connections made later use them, connections made earlier keep what they were made with. So
 * neither a renewed certificate nor a new trust bundle ends a connection by itself.
 */
import type { KeyObject } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { type Certificate, encodePem, encodePkcs8Pem } from '@heddle/pki';
import { type ReadableCell, type Unsubscribe, WatchCell } from '@heddle/runtime';
import { meshSecureContext } from './tls-parameters.ts';

/** A leaf certificate, what leads from it to a trust anchor (nearest first, anchor left out), and its key. */
export interface LeafCredentials {
  readonly identity: string;
  readonly leaf: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly key: KeyObject;
}

/** All that belongs together at one moment. */
export interface CredentialSnapshot {
  /** 0 at the start, one more with every change. */
  readonly generation: number;
  readonly trustAnchors: readonly Certificate[];
  /** Undefined until the first certificate has arrived. */
  readonly credentials: LeafCredentials | undefined;
  /** Shows the leaf when there is one. Serves both roles. */
  readonly context: SecureContext;
  /** Never shows a certificate: for the client of the identity service, whose leaf may be missing or out of date. */
  readonly anonymousContext: SecureContext;
}

export class CredentialCell implements ReadableCell<CredentialSnapshot> {
  readonly #cell: WatchCell<CredentialSnapshot>;

  /** @throws when there is no trust anchor, or the key is not the leaf's */
  constructor(trustAnchors: readonly Certificate[], credentials?: LeafCredentials) {
    this.#cell = new WatchCell(snapshot(0, trustAnchors, credentials, contextWithout(trustAnchors)));
  }

  /** Newest snapshot. Read it once per connection. */
  get value(): CredentialSnapshot {
    return this.#cell.value;
  }

  /** @throws when the key is not the leaf's; the previous credentials then stay */
  setCredentials(credentials: LeafCredentials): void {
    const { generation, trustAnchors, anonymousContext } = this.value;
    this.#cell.set(snapshot(generation + 1, trustAnchors, credentials, anonymousContext));
  }

  /** @throws when the list is empty; the previous anchors then stay */
  setTrustAnchors(trustAnchors: readonly Certificate[]): void {
    const { generation, credentials } = this.value;
    this.#cell.set(snapshot(generation + 1, trustAnchors, credentials, contextWithout(trustAnchors)));
  }

  /** Calls `listener` after each later change. */
  subscribe(listener: (snapshot: CredentialSnapshot) => void): Unsubscribe {
    return this.#cell.subscribe(listener);
  }

  changes(signal?: AbortSignal): AsyncGenerator<CredentialSnapshot, void, void> {
    return this.#cell.changes(signal);
  }
}

const contextWithout = (trustAnchors: readonly Certificate[]): SecureContext => {
  if (trustAnchors.length === 0) throw new Error('a trust bundle needs at least one trust anchor');
  return meshSecureContext(trustAnchors);
};

const snapshot = (
  generation: number,
  trustAnchors: readonly Certificate[],
  credentials: LeafCredentials | undefined,
  anonymousContext: SecureContext,
): CredentialSnapshot => ({
  generation,
  trustAnchors,
  credentials,
  anonymousContext,
  context:
    credentials === undefined
      ? anonymousContext
      : meshSecureContext(trustAnchors, {
          chainPem: encodePem([credentials.leaf, ...credentials.intermediates]),
          keyPem: encodePkcs8Pem(credentials.key),
        }),
});
