/** A Namespace: for us, its labels and annotations. `metadata.namespace` is empty. */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { coreVersion } from './core-version.ts';

export interface Namespace {
  readonly group: '';
  readonly kind: 'Namespace';
  readonly metadata: ObjectMeta;
}

export const namespaceDefinition: ResourceDefinition<Namespace> = {
  group: '',
  kind: 'Namespace',
  isClusterScoped: true,
  versions: [coreVersion('v1', z.object({}), () => ({}))],
};
