/**
 * Keeps a cache equal to all objects of one kind, whatever happens to the connection, the server or its history.
 *
 *          ┌──── history gone (410), events out of order, watches that keep failing, or now and then ─────┐
 *          v                                                                                              │
 *        LIST ── replace ── synced ──> WATCH from the list's version ── ends, quietly or not ──> WATCH from the last
 *          │                                                                                     event's version
 *          ├── error: back off, LIST again
 *          └── 404: the kind is not installed, in no version: empty and synced, look again later
 */
import { Backoff, type BackoffPolicy, type Clock, sleep } from '@heddle/runtime';
import { ApiError, hasStatus, noAnswer } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import type { ResourceKind } from '../api/resource-kind.ts';
import { listObjects } from './list-objects.ts';
import { type Change, ObjectCache } from './object-cache.ts';
import { isOlder } from './raw-object.ts';
import { servedVersions } from './served-versions.ts';
import { SilentWatch, type WatchEvent, watchEvents } from './watch-events.ts';

export interface ReflectorOptions<T> {
  readonly api: Pick<KubernetesApi, 'call' | 'stream'>;
  readonly kind: ResourceKind;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** From an object's JSON to what is kept of it; undefined when it makes no sense. */
  readonly read: (value: unknown) => T | undefined;
  /** What to take an object for that makes no sense and never did; absent: it is left out. */
  readonly standInFor?: ((value: unknown) => T | undefined) | undefined;
  /** Told of every change, also before the first sync. Must not throw. */
  readonly onChange: (change: Change<T>) => void;
  /** Whenever the cache equals a list; the first time, the kind is synced. */
  readonly onSynced: () => void;
  /** What went wrong; the reflector goes on by itself. */
  readonly onError: (error: ApiError) => void;
  readonly tuning?: Partial<ReflectorTuning>;
}

export interface ReflectorTuning {
  readonly pageSize: number;
  /** Watches are asked to end after this time, and up to twice as long. */
  readonly watchSeconds: number;
  /** A watch that is silent for so long is dead. */
  readonly idleMs: number;
  /** Everything is listed again after this time, should an event ever have been lost. */
  readonly relistMs: number;
  /** How often to look whether a kind that was missing has been installed. */
  readonly absentMs: number;
  readonly backoff: BackoffPolicy;
}

const defaults: ReflectorTuning = {
  pageSize: 500,
  watchSeconds: 240,
  idleMs: 90_000,
  relistMs: 30 * 60_000,
  absentMs: 30_000,
  backoff: { minMs: 200, maxMs: 30_000, jitterRatio: 0.5 },
};

/** After so many watches in a row that failed, the version that they begin at is no longer trusted. */
const maxFailedWatches = 5;
/** A server is obeyed when it asks for patience, up to here. */
const maxRetryAfterMs = 5 * 60_000;
/** A watch that the server ends sooner, without an event, counts as failed. */
const shortWatchMs = 1_000;

export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #tuning: ReflectorTuning;
  readonly #cache: ObjectCache<T>;
  readonly #backoff: Backoff;
  /** Where the next watch goes on. */
  #version = '';
  #contactMs: number;
  #relistAtMs = 0;
  #presence: 'unknown' | 'present' | 'doubtful' | 'absent' = 'unknown';
  #isSynced = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#tuning = { ...defaults, ...options.tuning };
    this.#cache = new ObjectCache(options.read, options.standInFor);
    this.#backoff = new Backoff(this.#tuning.backoff, options.random);
    this.#contactMs = options.clock.nowMs();
  }

  get kind(): ResourceKind {
    return this.#options.kind;
  }

  /** Whether the cache once was equal to a list. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** The API server does not know the kind. */
  get isAbsent(): boolean {
    return this.#presence === 'absent';
  }

  get size(): number {
    return this.#cache.size;
  }

  values(): Iterable<T> {
    return this.#cache.values();
  }

  /** How long ago the server was last heard of; of a reflector that never heard from it, its age. */
  staleMs(nowMs: number): number {
    return nowMs - this.#contactMs;
  }

  /** Goes on until `signal` aborts. Rejects only with what `read` or the callbacks threw. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#list(signal);
        if (this.isAbsent) await sleep(this.#options.clock, this.#jittered(this.#tuning.absentMs), signal);
        else await this.#follow(signal);
      } catch (error) {
        await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, kind } = this.#options;
    const { pageSize } = this.#tuning;
    try {
      const take = this.#cache.take.bind(this.#cache);
      const onPage = (): void => this.#heard();
      const { items, version } = await listObjects({ api, kind, pageSize, signal, take, onPage });
      this.#presence = 'present';
      this.#version = version;
      this.#tell(this.#cache.replace(items));
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      await this.#miss(error, signal);
    }
    this.#relistAtMs = this.#options.clock.nowMs() + this.#jittered(this.#tuning.relistMs);
    this.#isSynced = true;
    this.#options.onSynced();
  }

  /**
   * A kind that was there is believed to be gone when the server still says so after a while: a server that is starting
   * may say it too soon, and to lose all Servers or routes changes what is allowed. For the same reason a kind that is
   * served in other versions only, by definitions older or newer than this program, is not taken for none.
   * @throws {ApiError} the first time, and as long as there are other versions
   */
  async #miss({ message, status }: ApiError, signal: AbortSignal): Promise<void> {
    this.#heard();
    const retryAfterMs = this.#tuning.absentMs;
    if (this.#presence === 'present') {
      this.#presence = 'doubtful';
      throw new ApiError(message, { status, retryAfterMs });
    }
    const { api, kind } = this.#options;
    const served = await servedVersions(api, kind, signal);
    if (served.includes(kind.version)) throw new ApiError(message, { status, retryAfterMs });
    if (served.length > 0) {
      const found = `${kind.plural}.${kind.group} is served as ${served.join(', ')}, not as ${kind.version}`;
      throw new ApiError(`${found}: install the custom resource definitions that go with this release`, {
        status,
        retryAfterMs,
      });
    }
    this.#presence = 'absent';
    this.#tell(this.#cache.replace([]));
  }

  /** Watches, again and again, until a new list is due. @throws {ApiError} when one is due because of a failure */
  async #follow(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted && this.#options.clock.nowMs() < this.#relistAtMs) {
      const versionBefore = this.#version;
      try {
        await this.#watch(signal);
        failures = 0;
      } catch (error) {
        if (this.#version !== versionBefore) failures = 0;
        // A silent watch did begin: its version is good.
        if (!(error instanceof SilentWatch)) failures += 1;
        const isHopeless = hasStatus(error, 410) || hasStatus(error, 404) || error instanceof OutOfOrder;
        if (isHopeless || failures >= maxFailedWatches) throw error;
        await this.#recover(error, signal);
      }
    }
  }

  /** One watch. @throws {ApiError} */
  async #watch(signal: AbortSignal): Promise<void> {
    const { api, kind, clock } = this.#options;
    const { watchSeconds, idleMs } = this.#tuning;
    const startMs = clock.nowMs();
    let isLively = false;
    const timeoutSeconds = Math.ceil(watchSeconds * (1 + this.#options.random()));
    const version = this.#version;
    for await (const events of watchEvents({ api, kind, clock, version, timeoutSeconds, idleMs, signal })) {
      this.#heard();
      for (const event of events) this.#take(event);
      if (events.length === 0) continue;
      isLively = true;
      this.#backoff.reset();
    }
    if (signal.aborted || isLively) return;
    if (clock.nowMs() - startMs >= shortWatchMs) return this.#backoff.reset();
    throw new ApiError(`watching ${kind.plural}: the server ended the watch at once`, { status: noAnswer });
  }

  #take(event: WatchEvent): void {
    if (event.kind === 'bookmark') {
      if (!isOlder(event.version, this.#version)) this.#version = event.version;
      return;
    }
    const { object } = event;
    if (isOlder(object.version, this.#version)) {
      // Old news, if what is here is newer. Otherwise something overtook it, and only a list can tell what is true.
      if (this.#cache.hasSeen(object)) return;
      throw new OutOfOrder(this.kind, object.version, this.#version);
    }
    this.#version = object.version;
    const isDeleted = event.kind === 'deleted';
    this.#tell(isDeleted ? this.#cache.delete(object.key) : this.#cache.apply(this.#cache.take(object)));
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof ApiError)) throw error;
    if (signal.aborted) return;
    this.#options.onError(error);
    const askedMs = Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs);
    await sleep(this.#options.clock, Math.max(this.#backoff.next(), this.#jittered(askedMs)), signal);
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const change of changes) this.#options.onChange(change);
  }

  #heard(): void {
    this.#contactMs = this.#options.clock.nowMs();
  }

  /** Up to a tenth longer, so that kinds and replicas do not act in step. */
  #jittered(ms: number): number {
    return ms * (1 + 0.1 * this.#options.random());
  }
}

class OutOfOrder extends ApiError {
  constructor({ plural }: ResourceKind, version: string, after: string) {
    super(`watching ${plural}: version ${version} came after ${after}`, { status: noAnswer });
  }
}
