/**
 * What watches have told, and, of a namespace they have not told of yet, what the API server says: a pod may be made a
 * moment after its namespace, and an injector that has just started knows nothing. Answers are not kept, for the watch
 * brings them.
 */
import type { KubernetesObject } from '@heddle/crds/core';
import { ApiError, type KubernetesApi } from '@heddle/k8s';
import { isDnsLabel } from '@heddle/names';
import type { Clock } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { Owner } from '../inject/outcome.ts';
import type { NamespaceLookup } from './lookup.ts';

type Annotations = Readonly<Record<string, string>>;

/** `overloaded`: the API server was not asked, since too many questions are open. */
export type LookupResult = 'found' | 'absent' | 'failed' | 'overloaded';

export interface LiveLookupOptions {
  readonly known: NamespaceLookup;
  readonly api: Pick<KubernetesApi, 'call'>;
  /** Reads one object; undefined when it makes no sense. */
  readonly read: (value: unknown) => KubernetesObject | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every question to the API server. */
  readonly onResult: (result: LookupResult) => void;
}

/** Well within the 10 s that an API server waits for a webhook. */
const timeoutMs = 3_000;
/** Namespaces asked about at a time: reviews are not authenticated, and must not become a flood on the API server. */
const maxQuestions = 16;

export class LiveLookup implements NamespaceLookup {
  readonly #options: LiveLookupOptions;
  /** Questions under way, by namespace. */
  readonly #questions = new Map<string, Promise<Annotations | undefined>>();

  constructor(options: LiveLookupOptions) {
    this.#options = options;
  }

  get isSynced(): boolean {
    return this.#options.known.isSynced;
  }

  async annotationsOf(namespace: string): Promise<Annotations | undefined> {
    return (await this.#options.known.annotationsOf(namespace)) ?? this.#askOnce(namespace);
  }

  controllerOf(namespace: string, owner: Owner): Owner | undefined {
    return this.#options.known.controllerOf(namespace, owner);
  }

  /** All who ask about a namespace at the same time share one question. */
  #askOnce(namespace: string): Promise<Annotations | undefined> {
    const asked = this.#questions.get(namespace);
    if (asked !== undefined) return asked;
    // What cannot be a namespace must not become part of a path.
    if (!isDnsLabel(namespace)) return Promise.resolve(undefined);
    if (this.#questions.size >= maxQuestions) {
      this.#options.onResult('overloaded');
      return Promise.resolve(undefined);
    }
    const question = this.#ask(namespace).finally(() => this.#questions.delete(namespace));
    this.#questions.set(namespace, question);
    return question;
  }

  async #ask(namespace: string): Promise<Annotations | undefined> {
    const { api, read, clock, log, onResult } = this.#options;
    const abort = new AbortController();
    const timer = clock.after(timeoutMs, () => abort.abort());
    try {
      const object = read(await api.call({ path: `/api/v1/namespaces/${namespace}`, signal: abort.signal }));
      const isFound = object?.kind === 'Namespace' && object.metadata.name === namespace;
      onResult(isFound ? 'found' : 'failed');
      return isFound ? object.metadata.annotations : undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isAbsent = error.status === 404;
      onResult(isAbsent ? 'absent' : 'failed');
      if (!isAbsent) log.warn({ namespace, reason: error.message }, 'the cluster cannot be asked about a namespace');
      return undefined;
    } finally {
      timer.cancel();
    }
  }
}
