/** One watch: a stream of events from a version on, until the server ends it or something breaks. */
import type { Clock } from '@heddle/runtime';
import { ApiError, apiErrorFromStatus, noAnswer } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { collectionPath, type ResourceKind } from '../api/resource-kind.ts';
import { LineSplitter } from './line-splitter.ts';
import { isFields, listMetaFrom, type RawObject, rawObjectFrom } from './raw-object.ts';

export type WatchEvent =
  | { readonly kind: 'applied' | 'deleted'; readonly object: RawObject }
  /** Everything up to this version has been sent. */
  | { readonly kind: 'bookmark'; readonly version: string };

export interface WatchOptions {
  readonly api: Pick<KubernetesApi, 'stream'>;
  readonly kind: ResourceKind;
  readonly clock: Clock;
  /** Events after this version. */
  readonly version: string;
  /** When the server is asked to end the watch, so that no connection lives for ever. */
  readonly timeoutSeconds: number;
  /** A stream that is silent for so long is taken for dead: bookmarks come about every minute. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** The stream was open, and dead. */
export class SilentWatch extends ApiError {
  constructor(name: string, idleMs: number) {
    super(`${name}: silent for ${idleMs} ms`, { status: noAnswer });
  }
}

/** Objects are limited to about 1.5 MiB by the store; the JSON of one may be several times as long. */
const maxLineBytes = 16 * 1024 * 1024;

/**
 * The events, in batches as they arrive; ends when the server closes the stream or `signal` aborts. An event that was cut
 * off is not among them. @throws {ApiError} for everything else: refusals, ERROR events (410 among them), broken or
 * silent streams, lines that are no event
 */
export async function* watchEvents(options: WatchOptions): AsyncGenerator<readonly WatchEvent[], void, void> {
  const { api, kind, signal } = options;
  const path = collectionPath(kind);
  const name = `GET ${path}?watch`;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: options.version,
    timeoutSeconds: String(options.timeoutSeconds),
  };
  using idle = new IdleTimer(options.clock, options.idleMs);
  const stream = await api.stream({ path, query, signal: AbortSignal.any([signal, idle.signal]) });
  const splitter = new LineSplitter(maxLineBytes);
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) return;
      idle.touch();
      const lines = splitLines(name, splitter, next.value);
      // Empty lines are signs of life, not events.
      yield lines.filter((line) => line.trim() !== '').map((line) => eventFrom(kind, name, line));
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiError) throw error;
    if (idle.signal.aborted) throw new SilentWatch(name, options.idleMs);
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(`${name}: ${reason}`, { status: noAnswer }, { cause: error });
  } finally {
    stream.destroy();
  }
}

const splitLines = (name: string, splitter: LineSplitter, chunk: Buffer): readonly string[] => {
  try {
    return splitter.push(chunk);
  } catch (cause) {
    throw new ApiError(`${name}: ${String(cause)}`, { status: noAnswer }, { cause });
  }
};

const eventFrom = (kind: ResourceKind, name: string, line: string): WatchEvent => {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new ApiError(`${name}: an event is not JSON`, { status: noAnswer }, { cause });
  }
  const { type, object } = isFields(event) ? event : {};
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'applied', object: rawObjectFrom(kind, object) };
    case 'DELETED':
      return { kind: 'deleted', object: rawObjectFrom(kind, object) };
    case 'BOOKMARK':
      return { kind: 'bookmark', version: listMetaFrom(object).version };
    case 'ERROR':
      throw apiErrorFromStatus(name, object);
    default:
      throw new ApiError(`${name}: an event of type ${String(type)}`, { status: noAnswer });
  }
};

/** Aborts its signal when it has not been touched for a while. Touching is cheap: the timer is not moved, it looks. */
class IdleTimer implements Disposable {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #idleMs: number;
  #touchedMs: number;
  #timer: { cancel(): void };

  constructor(clock: Clock, idleMs: number) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#touchedMs = clock.nowMs();
    this.#timer = clock.after(idleMs, () => this.#look());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  touch(): void {
    this.#touchedMs = this.#clock.nowMs();
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #look(): void {
    const leftMs = this.#touchedMs + this.#idleMs - this.#clock.nowMs();
    if (leftMs <= 0) this.#abort.abort();
    else this.#timer = this.#clock.after(leftMs, () => this.#look());
  }
}
