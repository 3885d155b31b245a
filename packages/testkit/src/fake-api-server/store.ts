/** What an API server keeps: objects with uids and versions, and the history that watches are served from. */
import { randomUUID } from 'node:crypto';

export interface FakeKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly isClusterScoped?: boolean;
}

export interface FakeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly [field: string]: unknown;
}

export interface FakeObject {
  readonly metadata: FakeMetadata;
  readonly [field: string]: unknown;
}

/** An object as a test writes it. */
export interface FakeManifest {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface FakeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: FakeKind;
  readonly version: number;
  readonly object: FakeObject;
}

export const apiVersionOf = ({ group, version }: FakeKind): string => (group === '' ? version : `${group}/${version}`);

export class FakeStore {
  readonly #objects = new Map<string, { readonly kind: FakeKind; readonly object: FakeObject }>();
  readonly #listeners = new Set<(event: FakeEvent) => void>();
  #history: FakeEvent[] = [];
  #version = 1;
  #compacted = 0;

  /** The version of the newest write. */
  get version(): number {
    return this.#version;
  }

  /** History up to here is gone: watches from before it, and pages of lists from before it, expire. */
  get compacted(): number {
    return this.#compacted;
  }

  get(kind: FakeKind, namespace: string, name: string): FakeObject | undefined {
    return this.#objects.get(keyOf(kind, namespace, name))?.object;
  }

  /** Ordered by namespace and name, as the real one does. */
  list(kind: FakeKind, namespace = ''): readonly FakeObject[] {
    return [...this.#objects.entries()]
      .filter(([, entry]) => entry.kind === kind)
      .filter(([, { object }]) => namespace === '' || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { object }]) => object);
  }

  /** Creates, or replaces all but the uid and the time of creation. */
  put(kind: FakeKind, manifest: FakeManifest): FakeObject {
    const { metadata } = manifest;
    const key = keyOf(kind, metadata.namespace ?? '', metadata.name);
    const before = this.#objects.get(key)?.object.metadata;
    const version = ++this.#version;
    const object: FakeObject = {
      ...manifest,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        creationTimestamp: new Date(0).toISOString().replace('.000', ''),
        ...metadata,
        uid: before?.uid ?? randomUUID(),
        resourceVersion: String(version),
      },
    };
    this.#objects.set(key, { kind, object });
    this.#record({ type: before ? 'MODIFIED' : 'ADDED', kind, version, object });
    return object;
  }

  delete(kind: FakeKind, namespace: string, name: string): FakeObject | undefined {
    const key = keyOf(kind, namespace, name);
    const before = this.#objects.get(key)?.object;
    if (before === undefined) return undefined;
    this.#objects.delete(key);
    const version = ++this.#version;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#record({ type: 'DELETED', kind, version, object });
    return object;
  }

  /** Forgets the history. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history = [];
  }

  /** Undefined when `version` lies before the history. */
  eventsAfter(kind: FakeKind, version: number): readonly FakeEvent[] | undefined {
    if (version < this.#compacted) return undefined;
    return this.#history.filter((event) => event.kind === kind && event.version > version);
  }

  onEvent(listener: (event: FakeEvent) => void): void {
    this.#listeners.add(listener);
  }

  #record(event: FakeEvent): void {
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

const keyOf = (kind: FakeKind, namespace: string, name: string): string =>
  `${kind.group}/${kind.plural}/${namespace}/${name}`;
