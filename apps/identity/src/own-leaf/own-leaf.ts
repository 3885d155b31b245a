/**
 * Identity's own certificate, made in this process: nobody else could issue it. A new key each time; renewed early, and
 * at once when the issuer or the trust anchors change.
 */
import { randomBytes } from 'node:crypto';
import { createCsr, generatePrivateKey, issueLeaf, parseCsr } from '@heddle/pki';
import type { Clock, ReadableCell } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import { CredentialCell, type LeafCredentials } from '@heddle/transport';
import type { IssuerState } from '../issuer/issuer-source.ts';

export interface OwnLeafOptions {
  readonly identity: string;
  readonly issuer: ReadableCell<IssuerState>;
  readonly lifetimeMs: number;
  readonly clockSkewMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

type ReadyIssuer = Extract<IssuerState, { kind: 'ready' }>;

/** Share of the remaining life after which to renew, and its bounds (wire section 5.2). */
const renewAfter = { share: 0.7, minMs: 10_000, maxMs: 24 * 3_600_000 };
/** Timers do not notice when the wall clock is set; looking at it once a minute does. */
const longestSleepMs = 60_000;

/** Makes the first leaf, as soon as there is an issuer. Rejects when `signal` aborts before that. */
export const createOwnCredentials = async (options: OwnLeafOptions, signal: AbortSignal): Promise<CredentialCell> => {
  for await (const state of options.issuer.changes(signal)) {
    if (state.kind === 'waiting') continue;
    const leaf = makeLeaf(options, state);
    if (leaf !== undefined) return new CredentialCell(state.trustAnchors, leaf);
  }
  throw new Error('stopped before there was an issuer');
};

/** Keeps the leaf in `cell` fresh until `signal` aborts. */
export const renewOwnCredentials = async (
  cell: CredentialCell,
  options: OwnLeafOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { issuer, clock } = options;
  let used = issuer.value;
  let renewAtMs = renewalTime(cell, clock.wallMs());
  while (!signal.aborted) {
    await changeOrTimeout(issuer, used, Math.min(renewAtMs - clock.wallMs(), longestSleepMs), clock, signal);
    const isDue = clock.wallMs() >= renewAtMs || issuer.value !== used;
    used = issuer.value;
    if (signal.aborted || !isDue || used.kind === 'waiting') continue;
    if (used.trustAnchors !== cell.value.trustAnchors) cell.setTrustAnchors(used.trustAnchors);
    const leaf = makeLeaf(options, used);
    if (leaf !== undefined) cell.setCredentials(leaf);
    renewAtMs = renewalTime(cell, clock.wallMs());
  }
};

const makeLeaf = (options: OwnLeafOptions, { issuer }: ReadyIssuer): LeafCredentials | undefined => {
  const { identity, lifetimeMs, clockSkewMs, clock, log } = options;
  const key = generatePrivateKey();
  const request = parseCsr(createCsr(identity, key));
  if (request.kind === 'invalid') throw new Error(`made a request that does not parse: ${request.reason}`);
  const issued = issueLeaf(issuer, request.value, {
    identity,
    nowMs: clock.wallMs(),
    lifetimeMs,
    clockSkewMs,
    randomBytes,
  });
  if (issued.kind === 'invalid') {
    log.error({ identity, reason: issued.reason }, 'no certificate for identity itself');
    return undefined;
  }
  const { certificate: leaf, intermediates } = issued.value;
  log.info({ identity, not_after: new Date(leaf.notAfterMs).toISOString(), serial: leaf.serialHex }, 'certificate');
  return { identity, leaf, intermediates, key };
};

/** Unix milliseconds of the next renewal. */
const renewalTime = (cell: CredentialCell, nowMs: number): number => {
  const leftMs = (cell.value.credentials?.leaf.notAfterMs ?? nowMs) - nowMs;
  return nowMs + Math.min(renewAfter.maxMs, Math.max(renewAfter.minMs, leftMs * renewAfter.share));
};

const changeOrTimeout = (
  issuer: ReadableCell<IssuerState>,
  used: IssuerState,
  delayMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      unsubscribe();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    const unsubscribe = issuer.subscribe(finish);
    signal.addEventListener('abort', finish);
    // It may have changed, or the end have come, between the last look and now.
    if (signal.aborted || issuer.value !== used) finish();
  });
