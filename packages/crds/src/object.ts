/**
 * What every Kubernetes object has: its metadata, and the key by which the mesh remembers it. Objects are known by
 * name; the uid tells a recreated object from the one it replaced.
 */

/** The metadata we read. Strings that an object may lack are empty rather than absent. */
export interface ObjectMeta {
  readonly name: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly uid: string;
  /** Milliseconds since 1970. "Oldest wins" compares this, then the namespace and the name. */
  readonly creationTimestampMs: number;
  readonly deletionTimestampMs?: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
  /** 0 when unknown. */
  readonly generation: number;
  readonly ownerReferences: readonly OwnerReference[];
}

export interface OwnerReference {
  /** The API group, without its version; empty for core. */
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly isController: boolean;
}

/** Names one object of any kind. */
export interface ObjectKey {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
}

/** Anything with a group, a kind and metadata. */
export interface Keyed {
  readonly group: string;
  readonly kind: string;
  /** The kind in the key, of what stands for an object of that kind. */
  readonly standsFor?: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** The key of an object. */
export const keyOf = (object: Keyed): ObjectKey => ({
  group: object.group,
  kind: object.standsFor ?? object.kind,
  namespace: object.metadata.namespace,
  name: object.metadata.name,
});

/** A key as one string, `group/kind/namespace/name`: unique, fit for a Map. */
export const keyText = (key: ObjectKey): string => `${key.group}/${key.kind}/${key.namespace}/${key.name}`;

/** Orders by age, oldest first, then by namespace and name: the order in which Linkerd settles conflicts. */
export const compareAge = (a: ObjectMeta, b: ObjectMeta): number =>
  a.creationTimestampMs - b.creationTimestampMs || compareText(a.namespace, b.namespace) || compareText(a.name, b.name);

/** Code-unit order; never the locale's. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
