/**
 * Writes what the catalog says of resources into their statuses, while this replica leads: on change, and all of them now
 * and then. What a status says already is not written. Writing ends at once when the lease is lost.
 *
 *     catalog's changes ──> due keys ──(leading)──> compare with what the watch told ──differs──> patch
 *            all keys, every 10 s ──^                                                 └── refused: later, after a pause
 */
import type { Catalog, ResourceStatus } from '@heddle/catalog';
import { keyText, type ObjectKey } from '@heddle/crds';
import {
  ApiError,
  type KubernetesApi,
  type LeaseElection,
  meshKinds,
  type StatusOutcome,
  writeStatus,
} from '@heddle/k8s';
import { Backoff, type Clock, sleep } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import { nextStatus } from './next-status.ts';
import type { WatchedStatuses } from './watched-statuses.ts';

export interface StatusWriterOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  readonly catalog: Pick<Catalog, 'status' | 'statuses'>;
  readonly watched: Pick<WatchedStatuses, 'get'>;
  readonly leading: LeaseElection['leading'];
  /** Whether the catalog holds the whole cluster: half of it would be told as the truth. */
  readonly isSynced: () => boolean;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly onWrite: (kind: string, result: StatusOutcome | 'failed') => void;
}

const reconcileMs = 10_000;
/** Changes come in bursts, of which one look is enough. */
const settleMs = 100;
/** On their way at once. */
const maxConcurrent = 4;
const backoff = { minMs: 500, maxMs: 30_000, jitterRatio: 0.5 };

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #backoff: Backoff;
  readonly #due = new Map<string, ObjectKey>();
  /** What was written last, and on which version, until the watch tells of it. */
  readonly #written = new Map<string, string>();
  #wake = new AbortController();
  #term = new AbortController();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#backoff = new Backoff(backoff, options.random);
  }

  /** To be told of resources whose status may differ, as `keyText`. */
  changed(keys: Iterable<string>): void {
    for (const text of keys) this.#due.set(text, keyFrom(text));
    if (this.#due.size > 0) this.#wake.abort();
  }

  /** Goes on until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { leading } = this.#options;
    const stop = leading.subscribe((isLeading) => {
      if (!isLeading) this.#term.abort();
    });
    try {
      for await (const isLeading of leading.changes(signal)) {
        if (!isLeading) continue;
        this.#term = new AbortController();
        if (leading.value) await this.#lead(AbortSignal.any([signal, this.#term.signal]));
      }
    } finally {
      stop();
    }
  }

  /** One term. What another leader wrote meanwhile is looked at anew. */
  async #lead(signal: AbortSignal): Promise<void> {
    const { clock, log, isSynced } = this.#options;
    log.info('writing statuses');
    this.#written.clear();
    let reconcileAtMs = 0;
    while (!signal.aborted) {
      if (isSynced()) {
        if (clock.nowMs() >= reconcileAtMs) {
          this.#addAll();
          reconcileAtMs = clock.nowMs() + reconcileMs;
        }
        const pauseMs = await this.#writeDue(signal);
        if (pauseMs > 0) {
          await sleep(clock, pauseMs, signal);
          continue;
        }
      }
      await sleep(clock, Math.max(0, reconcileAtMs - clock.nowMs(), isSynced() ? 0 : settleMs), this.#nextWake(signal));
      await sleep(clock, settleMs, signal);
    }
    log.info('another replica writes statuses from now on, or none');
  }

  #nextWake(signal: AbortSignal): AbortSignal {
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    if (this.#due.size > 0) this.#wake.abort();
    return AbortSignal.any([signal, this.#wake.signal]);
  }

  #addAll(): void {
    for (const { key } of this.#options.catalog.statuses()) this.#due.set(keyText(key), key);
  }

  /** Writes what is due, and returns how long to leave the server alone if it refuses. */
  async #writeDue(signal: AbortSignal): Promise<number> {
    let pauseMs = 0;
    const worker = async (): Promise<void> => {
      for (const [text, key] of this.#due) {
        if (signal.aborted || pauseMs > 0) return;
        this.#due.delete(text);
        const refusedMs = await this.#write(text, key, signal);
        if (refusedMs === 0) continue;
        this.#due.set(text, key);
        pauseMs = Math.max(pauseMs, refusedMs);
      }
    };
    await Promise.all(Array.from({ length: maxConcurrent }, worker));
    if (pauseMs === 0) this.#backoff.reset();
    return pauseMs;
  }

  /** 0 when the key is done with, for now. */
  async #write(text: string, key: ObjectKey, signal: AbortSignal): Promise<number> {
    const { api, catalog, watched, log, onWrite } = this.#options;
    const judged = catalog.status(key);
    const known = watched.get(key);
    const kind = meshKinds.find((each) => each.group === key.group && each.kind === key.kind);
    // What is not yet seen whole, or was judged in another state, comes again with its next event.
    if (judged === undefined || known === undefined || kind === undefined) return 0;
    const mark = `${known.resourceVersion} ${JSON.stringify([judged.conditions, judged.parents])}`;
    if (this.#written.get(text) === mark) return 0;
    try {
      const change = (status: unknown, generation: number): unknown => this.#change(status, generation, judged);
      const target = { kind, namespace: key.namespace, name: key.name };
      const outcome = await writeStatus(api, target, change, { known, signal });
      if (outcome !== 'contended') this.#written.set(text, mark);
      if (outcome !== 'unchanged') onWrite(key.kind, outcome);
      return outcome === 'contended' ? this.#backoff.next() : 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (signal.aborted) return 0;
      onWrite(key.kind, 'failed');
      log.warn({ ...key, reason: error.message }, 'a status cannot be written; trying again');
      if (!isRefusedForGood(error)) return Math.max(this.#backoff.next(), error.retryAfterMs ?? 0);
      this.#written.set(text, mark);
      return 0;
    }
  }

  #change(status: unknown, generation: number, judged: ResourceStatus): unknown {
    return generation === judged.generation ? nextStatus(status, judged, this.#options.clock.wallMs()) : status;
  }
}

/** A schema of somebody else's definitions does not take what we write: the same again would fare no better. */
const isRefusedForGood = ({ status }: ApiError): boolean => status === 400 || status === 422;

/** Of `keyText`; no part of a key has a slash. */
const keyFrom = (text: string): ObjectKey => {
  const [group = '', kind = '', namespace = '', name = ''] = text.split('/');
  return { group, kind, namespace, name };
};
