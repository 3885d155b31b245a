/**
 * The seam between whoever has objects (a Kubernetes reflector, a watched directory, a fixed set of files) and whoever
 * wants them (the catalog). An index is anything with `apply`, `delete`, `reset`.
 */
import type { KubernetesObject } from './core/index.ts';
import type { ObjectKey } from './object.ts';

/** Consumes objects. Calls are level-triggered: applying what is already there, or deleting what is not, is harmless. */
export interface ResourceSink {
  /** An object is new or has changed; it replaces the one with the same key. */
  apply(object: KubernetesObject): void;
  delete(key: ObjectKey): void;
  /** The whole state of the source: whatever is not among `objects` is gone. */
  reset(objects: readonly KubernetesObject[]): void;
}

/** Produces objects: first one `reset`, then changes, each call in a task of its own, until it is closed. */
export interface ResourceSource {
  /** Begins to feed `sink`; the promise settles after the first `reset`. */
  start(sink: ResourceSink): Promise<void>;
  close(): Promise<void>;
}
