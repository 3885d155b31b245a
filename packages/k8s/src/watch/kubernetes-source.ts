/**
 * Kinds of a cluster as one source of resources: a reflector for each, one `reset` when all of them are synced, changes
 * from then on. Until then nothing is told, for half a cluster means another policy than the whole.
 */
import { keyOf, type ResourceSink, type ResourceSource } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { type Clock, TaskScope } from '@heddle/runtime';
import type { ApiError } from '../api/api-error.ts';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { apiVersionOf, type ResourceKind } from '../api/resource-kind.ts';
import type { Change } from './object-cache.ts';
import { Reflector, type ReflectorTuning } from './reflector.ts';

export interface KubernetesSourceOptions {
  readonly api: Pick<KubernetesApi, 'call' | 'stream'>;
  readonly kinds: readonly ResourceKind[];
  /** Reads one object; undefined when it makes no sense (whoever reads reports that). */
  readonly read: (value: unknown) => KubernetesObject | undefined;
  /** What to take an object for that makes no sense and never did; absent: it is left out. */
  readonly standInFor?: (value: unknown) => KubernetesObject | undefined;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Something went wrong between the API server and us; it is tried again. */
  readonly onError: (kind: ResourceKind, error: ApiError) => void;
  /** A loop ended that must not: a fault of the program. */
  readonly onFault: (task: string, cause: unknown) => void;
  readonly tuning?: Partial<ReflectorTuning>;
}

/** How one kind fares. */
export interface KindState {
  readonly kind: ResourceKind;
  readonly isSynced: boolean;
  /** Not installed in this cluster. */
  readonly isAbsent: boolean;
  readonly objects: number;
  /** Time since the server was last heard of. */
  readonly staleMs: number;
}

/** @returns a source that is not yet started */
export const kubernetesSource = (options: KubernetesSourceOptions): KubernetesSource => new KubernetesSource(options);

export class KubernetesSource implements ResourceSource {
  readonly #options: KubernetesSourceOptions;
  readonly #tasks: TaskScope;
  readonly #synced = Promise.withResolvers<void>();
  #reflectors: readonly Reflector<KubernetesObject>[] = [];
  #isSynced = false;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    this.#tasks = new TaskScope(({ task, cause }) => options.onFault(task, cause));
  }

  /** How the kinds fare, in the order they were given; empty before the start. */
  states(): readonly KindState[] {
    const nowMs = this.#options.clock.nowMs();
    return this.#reflectors.map((reflector) => ({
      kind: reflector.kind,
      isSynced: reflector.isSynced,
      isAbsent: reflector.isAbsent,
      objects: reflector.size,
      staleMs: reflector.staleMs(nowMs),
    }));
  }

  /** Never rejects: a cluster that cannot be reached is waited for. Settles early when the source is closed. */
  start(sink: ResourceSink): Promise<void> {
    this.#reflectors = this.#options.kinds.map((kind) => this.#reflectorOf(kind, sink));
    for (const reflector of this.#reflectors) {
      const { kind } = reflector;
      this.#tasks.run(`watching ${kind.plural} of ${apiVersionOf(kind)}`, (signal) => reflector.run(signal));
    }
    return this.#synced.promise;
  }

  async close(): Promise<void> {
    await this.#tasks.close();
    this.#synced.resolve();
  }

  #reflectorOf(kind: ResourceKind, sink: ResourceSink): Reflector<KubernetesObject> {
    const { api, clock, random, read, standInFor, onError, tuning } = this.#options;
    return new Reflector({
      api,
      kind,
      clock,
      random,
      read,
      standInFor,
      onChange: (change) => this.#isSynced && tell(sink, change),
      onSynced: () => this.#resetOnce(sink),
      onError: (error) => onError(kind, error),
      ...(tuning !== undefined && { tuning }),
    });
  }

  #resetOnce(sink: ResourceSink): void {
    if (this.#isSynced || !this.#reflectors.every(({ isSynced }) => isSynced)) return;
    this.#isSynced = true;
    sink.reset(this.#reflectors.flatMap((reflector) => [...reflector.values()]));
    this.#synced.resolve();
  }
}

const tell = (sink: ResourceSink, { kind, object }: Change<KubernetesObject>): void => {
  if (kind === 'apply') sink.apply(object);
  else sink.delete(keyOf(object));
};
