import { expect, test } from 'vitest';
import { ownerOf } from './owner.ts';

const known = { kind: 'Deployment', name: 'known' };

test.each([
  // the controller, the hash of the pod, what is known of it, the owner
  [undefined, undefined, undefined, undefined],
  ['StatefulSet/db', undefined, known, 'StatefulSet/db'],
  ['ReplicaSet/web-5d4f', '5d4f', known, 'Deployment/known'],
  ['ReplicaSet/web-5d4f', '5d4f', undefined, 'Deployment/web'],
  ['ReplicaSet/web-5d4f', 'other', undefined, 'ReplicaSet/web-5d4f'],
  ['ReplicaSet/web-', '', undefined, 'ReplicaSet/web-'],
  ['ReplicaSet/-5d4f', '5d4f', undefined, 'ReplicaSet/-5d4f'],
  ['Job/report-1', undefined, { kind: 'CronJob', name: 'report' }, 'CronJob/report'],
  ['Job/report-1', '1', undefined, 'Job/report-1'],
])('%s with the hash %s, of which %o is known', (controller, hash, controllerOf, expected) => {
  const [kind, name] = controller?.split('/') ?? [];
  const owner = ownerOf(
    {
      controller: kind !== undefined && name !== undefined ? { kind, name } : undefined,
      labels: hash === undefined ? undefined : { 'pod-template-hash': hash },
    },
    'shop',
    { controllerOf: () => controllerOf },
  );
  expect(owner && `${owner.kind}/${owner.name}`).toBe(expected);
});
