/** A ServiceAccount: for us, that it exists. */
import { z } from 'zod';
import type { ResourceDefinition } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { coreVersion } from './core-version.ts';

export interface ServiceAccount {
  readonly group: '';
  readonly kind: 'ServiceAccount';
  readonly metadata: ObjectMeta;
}

export const serviceAccountDefinition: ResourceDefinition<ServiceAccount> = {
  group: '',
  kind: 'ServiceAccount',
  versions: [coreVersion('v1', z.object({}), () => ({}))],
};
