/**
 * Tells people about an object by events (`events.k8s.io/v1`), as `kubectl describe` shows them. Events are a courtesy:
 * they are dropped rather than queued without bound, and never hold anything up. What is said again within a while is
 * counted in the event that said it first, and written now and then: a thousand pods of a Deployment are one event.
 */
import type { Clock } from '@heddle/runtime';
import { ApiError, hasStatus } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { collectionPath, objectPath, type ResourceKind } from '../api/resource-kind.ts';
import { microTime } from '../leadership/lease-record.ts';
import { isFields } from '../watch/raw-object.ts';
import { type EventReport, keyOfReport } from './event-report.ts';

export interface EventRecorderOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  /** Who tells: `linkerd.io/identity`, and which replica of it. */
  readonly controller: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly onError: (error: ApiError) => void;
}

export const events: ResourceKind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };

/** What the API server allows of a note, and of the name of an instance. */
const maxNoteChars = 1024;
const maxInstanceChars = 128;
/** On their way at once. */
const maxPending = 16;
/** A burst of so many, then this rate. */
const burst = 50;
const perSecond = 5;
/** What was last said so long ago is said anew. */
const seriesMs = 10 * 60_000;
/** A count is written at most so often. */
const countMs = 60_000;
/** Series remembered; the oldest is forgotten first, and then begins anew. */
const maxSeries = 2048;

interface Series {
  readonly namespace: string;
  /** Empty until the event is written. */
  name: string;
  count: number;
  saidMs: number;
  writtenMs: number;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #pending = new Set<Promise<void>>();
  readonly #series = new Map<string, Series>();
  #allowance = burst;
  #countedMs: number;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#countedMs = options.clock.nowMs();
  }

  /** How many events were not sent because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Returns at once; failures go to `onError`. */
  record(report: EventReport): void {
    const nowMs = this.#options.clock.nowMs();
    const key = keyOfReport(report);
    const known = this.#series.get(key);
    if (known === undefined || nowMs - known.saidMs >= seriesMs) {
      this.#send(() => this.#begin(key, report));
      return;
    }
    known.count += 1;
    known.saidMs = nowMs;
    if (known.name !== '' && nowMs - known.writtenMs >= countMs) this.#send(() => this.#count(key, known));
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #send(write: () => Promise<void>): void {
    if (this.#pending.size >= maxPending || !this.#isAllowed()) {
      this.#dropped += 1;
      return;
    }
    const sending: Promise<void> = write().finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  #isAllowed(): boolean {
    const nowMs = this.#options.clock.nowMs();
    this.#allowance = Math.min(burst, this.#allowance + ((nowMs - this.#countedMs) / 1000) * perSecond);
    this.#countedMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }

  async #begin(key: string, report: EventReport): Promise<void> {
    const { api, clock } = this.#options;
    const { regarding } = report;
    // Events about cluster-scoped objects live in `default`.
    const namespace = regarding.namespace === '' ? 'default' : regarding.namespace;
    const nowMs = clock.nowMs();
    const series: Series = { namespace, name: '', count: 1, saidMs: nowMs, writtenMs: nowMs };
    this.#remember(key, series);
    const body = this.#manifest(report, namespace);
    await this.#attempt(key, async () => {
      series.name = nameOf(await api.call({ method: 'POST', path: collectionPath(events, namespace), body }));
    });
  }

  async #count(key: string, series: Series): Promise<void> {
    const { api, clock } = this.#options;
    series.writtenMs = clock.nowMs();
    const { namespace, name, count } = series;
    await this.#attempt(key, async () => {
      await api.call({
        method: 'PATCH',
        path: objectPath(events, namespace, name),
        contentType: 'application/merge-patch+json',
        body: { series: { count, lastObservedTime: microTime(clock.wallMs()) } },
      });
    });
  }

  /** A series whose writing failed is forgotten, so that the next word begins it anew. */
  async #attempt(key: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#series.delete(key);
      if (!(error instanceof ApiError)) throw error;
      // An event lives for an hour, or as long as the cluster's owner likes.
      if (!hasStatus(error, 404)) this.#options.onError(error);
    }
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key);
    this.#series.set(key, series);
    const [oldest] = this.#series.keys();
    if (this.#series.size > maxSeries && oldest !== undefined) this.#series.delete(oldest);
  }

  #manifest({ regarding, type, reason, action, note }: EventReport, namespace: string): unknown {
    const { controller, instance, clock } = this.#options;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, generateName: `${regarding.name}-` },
      eventTime: microTime(clock.wallMs()),
      reportingController: controller,
      reportingInstance: instance.slice(0, maxInstanceChars),
      regarding: { ...regarding, namespace },
      type,
      reason,
      action,
      note: note.slice(0, maxNoteChars),
    };
  }
}

const nameOf = (value: unknown): string => {
  const metadata = isFields(value) ? value['metadata'] : undefined;
  const name = isFields(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
};
