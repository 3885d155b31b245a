/**
 * Keeps this process's certificate fresh: asks the identity service, puts the answer into the credential cell, and asks
 * again with a new key well before the end (wire §5.2). A service that cannot be reached is tried until it can; the old
 * certificate serves meanwhile.
 */
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { generatePrivateKey } from '@heddle/pki';
import { Backoff, type BackoffPolicy, type Clock, type ReadableCell, sleep, WatchCell } from '@heddle/runtime';
import type { CredentialCell } from '@heddle/transport';
import type { GrpcClient } from '../grpc/client.ts';
import { type CertifiedLeaf, certify } from './certify.ts';

export interface IdentityRenewalOptions {
  readonly identity: string;
  /** Read anew for every request: projected tokens are rotated in place. */
  readonly tokenFile: string;
  /** Make it with `clientCertificate: 'omit'`: an outdated certificate of ours must not lock us out. */
  readonly client: GrpcClient;
  readonly credentials: CredentialCell;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** For the first request only; every later one has a key of its own. */
  readonly firstKey?: KeyObject | undefined;
  /** Bounds on the time to the next renewal; 10 s and 24 h by default. */
  readonly minRefreshMs?: number | undefined;
  readonly maxRefreshMs?: number | undefined;
  /** After failures; 100 ms to 10 s by default. */
  readonly backoff?: BackoffPolicy | undefined;
  readonly onCertificate?: ((certified: CertifiedLeaf) => void) | undefined;
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** For gauges and readiness. */
export interface IdentityState {
  /** Certificates received so far. */
  readonly refreshCount: number;
  /** End of the current certificate, Unix milliseconds. */
  readonly notAfterMs: number | undefined;
  /** When the current certificate came, Unix milliseconds. */
  readonly refreshedMs: number | undefined;
  /** Failures since then. */
  readonly failures: number;
}

const requestTimeoutMs = 10_000;
/** Renewal is a point on the wall's clock, which may be set while we sleep. */
const longestSleepMs = 60_000;
const shareOfLifetime = 0.7;

export class IdentityRenewal {
  readonly #options: IdentityRenewalOptions;
  readonly #state = new WatchCell<IdentityState>({
    refreshCount: 0,
    notAfterMs: undefined,
    refreshedMs: undefined,
    failures: 0,
  });

  constructor(options: IdentityRenewalOptions) {
    this.#options = options;
  }

  get state(): ReadableCell<IdentityState> {
    return this.#state;
  }

  /** Gets the first certificate and renews it until `signal` aborts. Run it in a task scope. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, firstKey } = this.#options;
    const backoff = new Backoff(this.#options.backoff ?? { minMs: 100, maxMs: 10_000, jitterRatio: 0.1 }, random);
    let nextKey = firstKey;
    while (!signal.aborted) {
      try {
        // A key is used up only by a certificate.
        nextKey ??= generatePrivateKey();
        const certified = await this.#refresh(nextKey, signal);
        nextKey = undefined;
        backoff.reset();
        await this.#sleepUntil(this.#renewalMs(certified.notAfterMs), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#state.set({ ...this.#state.value, failures: this.#state.value.failures + 1 });
        this.#options.onFailure?.(error);
        await sleep(clock, backoff.next(), signal);
      }
    }
  }

  async #refresh(key: KeyObject, signal: AbortSignal): Promise<CertifiedLeaf> {
    const { identity, tokenFile, client, credentials, clock, onCertificate } = this.#options;
    const certified = await certify({
      client,
      identity,
      token: await readFile(tokenFile),
      key,
      trustAnchors: credentials.value.trustAnchors,
      wallMs: () => clock.wallMs(),
      timeoutMs: requestTimeoutMs,
      signal,
    });
    credentials.setCredentials(certified.credentials);
    this.#state.set({
      refreshCount: this.#state.value.refreshCount + 1,
      notAfterMs: certified.notAfterMs,
      refreshedMs: clock.wallMs(),
      failures: 0,
    });
    onCertificate?.(certified);
    return certified;
  }

  #renewalMs(notAfterMs: number): number {
    const { clock, minRefreshMs = 10_000, maxRefreshMs = 24 * 3_600_000 } = this.#options;
    const nowMs = clock.wallMs();
    const waitMs = (notAfterMs - nowMs) * shareOfLifetime;
    return nowMs + Math.min(Math.max(waitMs, minRefreshMs), maxRefreshMs);
  }

  async #sleepUntil(wallMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let leftMs = wallMs - clock.wallMs(); leftMs > 0 && !signal.aborted; leftMs = wallMs - clock.wallMs()) {
      await sleep(clock, Math.min(leftMs, longestSleepMs), signal);
    }
  }
}
