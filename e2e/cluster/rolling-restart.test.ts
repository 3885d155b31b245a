/** A Deployment in the mesh is restarted while it is called: no caller sees an error. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Load } from './support/load.ts';
import { deployment, readyWhen, service } from './support/manifests.ts';
import type { Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;

beforeAll(async () => {
  space = await Space.open('restart', meshed);
  await space.deploy(
    ...deployment({
      name: 'web',
      replicas: 2,
      env: { LINGER_MS: '3000' },
      container: readyWhen('/healthz'),
      pod: { terminationGracePeriodSeconds: 30 },
    }),
    service('web'),
    ...deployment({ name: 'client' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
});

afterAll(() => space.close());

test('no request fails', async () => {
  const before = (await space.pods('app=web')).map(({ metadata }) => metadata.name);
  const load = await Load.start(client, `http://web.${space.namespace}:8080/`);
  await space.kubectl('rollout', 'restart', 'deploy/web');
  await space.rolledOut('deploy/web');
  await load.answers(100);
  const { statuses, errors, pods, failures } = await load.finish();
  expect({ errors, statuses: Object.keys(statuses) }, failures.join('\n')).toEqual({ errors: {}, statuses: ['200'] });
  const after = (await space.pods('app=web')).map(({ metadata }) => metadata.name);
  expect(after.filter((name) => before.includes(name))).toEqual([]);
  expect(Object.keys(pods)).toEqual(expect.arrayContaining([...before, ...after]));
});
