/** A Namespace: for us, its labels and annotations. `metadata.namespace` is empty. */
import type { ObjectMeta } from '../object.ts';

export interface Namespace {
  readonly group: '';
  readonly kind: 'Namespace';
  readonly metadata: ObjectMeta;
}
