/** A ServiceAccount: for us, that it exists. */
import type { ObjectMeta } from '../object.ts';

export interface ServiceAccount {
  readonly group: '';
  readonly kind: 'ServiceAccount';
  readonly metadata: ObjectMeta;
}
