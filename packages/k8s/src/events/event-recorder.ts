/**
 * Tells people about an object by events (`events.k8s.io/v1`), as `kubectl describe` shows them. Events are a courtesy:
 * they are dropped rather than queued without bound, and never hold anything up.
 */
import type { Clock } from '@heddle/runtime';
import { ApiError } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { collectionPath, type ResourceKind } from '../api/resource-kind.ts';
import { microTime } from '../leadership/lease-record.ts';

/** The names under which monitoring knows them (features §2.3). */
export type EventReason = 'IssuerUpdated' | 'IssuerUpdateSkipped' | 'IssuerValidationFailed' | 'IssuedLeafCertificate';

export interface EventReport {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    /** Empty for a cluster-scoped object. */
    readonly namespace: string;
    readonly name: string;
    readonly uid?: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  /** What was being done, one word: `Rotate`. */
  readonly action: string;
  /** A sentence for people. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  /** Who tells: `linkerd.io/identity`, and which replica of it. */
  readonly controller: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly onError: (error: ApiError) => void;
}

export const events: ResourceKind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };

/** What the API server allows of a note. */
const maxNoteChars = 1024;
/** On their way at once. */
const maxPending = 16;
/** A burst of so many, then this rate. */
const burst = 50;
const perSecond = 5;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #pending = new Set<Promise<void>>();
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
    if (this.#pending.size >= maxPending || !this.#isAllowed()) {
      this.#dropped += 1;
      return;
    }
    const sending: Promise<void> = this.#send(report).finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #isAllowed(): boolean {
    const nowMs = this.#options.clock.nowMs();
    this.#allowance = Math.min(burst, this.#allowance + ((nowMs - this.#countedMs) / 1000) * perSecond);
    this.#countedMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }

  async #send({ regarding, type, reason, action, note }: EventReport): Promise<void> {
    const { api, controller, instance, clock, onError } = this.#options;
    // Events about cluster-scoped objects live in `default`.
    const namespace = regarding.namespace === '' ? 'default' : regarding.namespace;
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, generateName: `${regarding.name}.` },
      eventTime: microTime(clock.wallMs()),
      reportingController: controller,
      reportingInstance: instance,
      regarding,
      type,
      reason,
      action,
      note: note.slice(0, maxNoteChars),
    };
    try {
      await api.call({ method: 'POST', path: collectionPath(events, namespace), body });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      onError(error);
    }
  }
}
