/**
 * At most one leader among the replicas of a process, by a Lease. A replica takes the Lease when nobody holds it, or when
 * its holder has not renewed it for as long as it promised; that is judged by how long *this* process has seen it
 * unchanged, so clocks need not agree. A leader that cannot renew stops leading before another may begin.
 *
 *     follow ── free, or unchanged for its duration ──> write, guarded by the version ──> lead ── renew ──┐
 *       ^                                                                                  │  ^───────────┘
 *       └────────── held by another, or not renewed in time ───────────────────────────────┘
 */
import { type Clock, type ReadableCell, sleep, type Timer, WatchCell } from '@heddle/runtime';
import { ApiError, hasStatus } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { collectionPath, objectPath } from '../api/resource-kind.ts';
import { type LeaseRecord, leaseFrom, leaseManifest, leases } from './lease-record.ts';

export interface LeaseElectionOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the replicas: the pod's name. */
  readonly identity: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onError: (error: ApiError) => void;
  readonly timing?: LeaseTiming;
}

export interface LeaseTiming {
  /** How long a Lease is good for without renewal. */
  readonly durationMs: number;
  /** Leads at most this long after the last renewal; well below the duration. */
  readonly leadMs: number;
  readonly renewMs: number;
  /** Between looks at a Lease that another holds, and after errors. */
  readonly retryMs: number;
}

const defaultTiming: LeaseTiming = { durationMs: 30_000, leadMs: 20_000, renewMs: 10_000, retryMs: 5_000 };

export class LeaseElection {
  readonly #options: LeaseElectionOptions;
  readonly #timing: LeaseTiming;
  readonly #leading = new WatchCell(false);
  #record: LeaseRecord | undefined;
  /** Since when the Lease has had the version it has. */
  #unchangedSinceMs = 0;
  #end: Timer | undefined;

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
  }

  /** Whether this replica leads now. */
  get leading(): ReadableCell<boolean> {
    return this.#leading;
  }

  /** Takes part until `signal` aborts, then lets go of the Lease, so that another can lead at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      const isRenewed = await this.#guarded(() => this.#attempt(signal), signal);
      const waitMs = isRenewed === true ? this.#timing.renewMs : this.#timing.retryMs;
      await sleep(clock, waitMs * (1 + 0.1 * random()), signal);
    }
    const wasLeading = this.#leading.value;
    this.#stopLeading();
    if (wasLeading) await this.#guarded(() => this.#letGo());
  }

  /** Reads first: a renewal that was broken off may have arrived all the same. */
  async #letGo(): Promise<void> {
    const before = await this.#read();
    if (before?.holder === this.#options.identity) await this.#write('', before);
  }

  /** One look, and a claim if there is one to make: whether it succeeded. @throws {ApiError} */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { clock, identity } = this.#options;
    const startMs = clock.nowMs();
    const before = await this.#read(signal);
    if (before?.resourceVersion !== this.#record?.resourceVersion) this.#unchangedSinceMs = clock.nowMs();
    this.#record = before;
    if (before !== undefined && before.holder !== identity && before.holder !== '') {
      this.#stopLeading();
      if (clock.nowMs() - this.#unchangedSinceMs < before.durationMs) return false;
    }
    this.#record = leaseFrom(await this.#write(identity, before, signal));
    this.#leadUntil(startMs + this.#timing.leadMs);
    return true;
  }

  async #read(signal?: AbortSignal): Promise<LeaseRecord | undefined> {
    const { api, namespace, name } = this.#options;
    try {
      return leaseFrom(await api.call({ path: objectPath(leases, namespace, name), signal }));
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  #write(holder: string, before: LeaseRecord | undefined, signal?: AbortSignal): Promise<unknown> {
    const { api, namespace, name, clock } = this.#options;
    const claim = { namespace, name, holder, durationMs: this.#timing.durationMs, wallMs: clock.wallMs() };
    const body = leaseManifest(claim, before);
    return before === undefined
      ? api.call({ method: 'POST', path: collectionPath(leases, namespace), body, signal })
      : api.call({ method: 'PUT', path: objectPath(leases, namespace, name), body, signal });
  }

  /** Another replica that was quicker (409) is no error; the others are reported. */
  async #guarded<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (signal?.aborted !== true && error.status !== 409) this.#options.onError(error);
      return undefined;
    }
  }

  #leadUntil(deadlineMs: number): void {
    const { clock } = this.#options;
    this.#end?.cancel();
    const leftMs = deadlineMs - clock.nowMs();
    this.#end = clock.after(leftMs, () => this.#stopLeading());
    this.#leading.set(leftMs > 0);
  }

  #stopLeading(): void {
    this.#end?.cancel();
    this.#leading.set(false);
  }
}
