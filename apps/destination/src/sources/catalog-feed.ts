/** Feeds a source's objects to the catalog, and what changed by them to whoever watches answers. */
import type { Catalog, Changes } from '@heddle/catalog';
import type { ObjectKey, ResourceSink } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';

export interface CatalogFeedOptions {
  readonly catalog: Catalog;
  readonly onChange: (changes: Changes) => void;
  readonly onDelete?: (key: ObjectKey) => void;
  /** Told how long the catalog took; monotonic milliseconds come from `nowMs`. */
  readonly onApplied: (seconds: number) => void;
  readonly nowMs: () => number;
}

export class CatalogFeed implements ResourceSink {
  readonly #options: CatalogFeedOptions;
  #isSynced = false;

  constructor(options: CatalogFeedOptions) {
    this.#options = options;
  }

  /** Whether the first complete state has arrived. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  apply(object: KubernetesObject): void {
    this.#change((catalog) => catalog.apply(object));
  }

  delete(key: ObjectKey): void {
    this.#change((catalog) => catalog.delete(key));
    this.#options.onDelete?.(key);
  }

  reset(objects: readonly KubernetesObject[]): void {
    this.#change((catalog) => catalog.reset(objects));
    this.#isSynced = true;
  }

  #change(change: (catalog: Catalog) => Changes): void {
    const { catalog, onChange, onApplied, nowMs } = this.#options;
    const start = nowMs();
    const changes = change(catalog);
    onApplied((nowMs() - start) / 1000);
    onChange(changes);
  }
}
