/** The metadata of objects that tests build. */
import type { LabelSelector, ObjectMeta } from '@heddle/crds';

export type Labels = Readonly<Record<string, string>>;

/** The parts of the metadata that tests care about. */
export interface Meta {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  /** Age: a smaller number is older. */
  readonly createdMs?: number;
}

/** With defaults for what a test leaves open. */
export const metaOf = (meta: Meta, name: string, namespace = 'shop'): ObjectMeta => ({
  name: meta.name ?? name,
  namespace: meta.namespace ?? namespace,
  uid: '',
  creationTimestampMs: meta.createdMs ?? 0,
  labels: meta.labels ?? {},
  annotations: meta.annotations ?? {},
  resourceVersion: '',
  generation: 0,
  ownerReferences: [],
});

export const selectorOf = (matchLabels: Labels): LabelSelector => ({ matchLabels, matchExpressions: [] });
