/**
 * Removing the mesh leaves nothing but what it says: the custom resources and the user's policies, until their chart is
 * removed too; and pods that were meshed go on, with the policy that they had.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { helm, left, policyKinds } from './support/install.ts';
import { Load } from './support/load.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;
let url: string;

beforeAll(async () => {
  space = await Space.open('removal', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    ...allow('web', ['client']),
    ...deployment({ name: 'client' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  url = `http://web.${space.namespace}:8080/`;
});

afterAll(() => space.close());

test('without the control plane: its objects are gone, policies stay, meshed pods go on', async () => {
  const load = await Load.start(client, url);
  await helm('uninstall', 'heddle-control-plane', '-n', 'linkerd', '--wait');
  // Its pods end when they have let go of their connections.
  const remaining = async () => (await left()).filter((name) => !name.startsWith('customresourcedefinition'));
  await expect.poll(remaining, { timeout: 60_000 }).toEqual([]);
  expect(await space.kubectl('get', 'servers.policy.linkerd.io', 'web', '-o', 'name')).toContain('web');
  await load.answers(100);
  const { statuses, errors, failures } = await load.finish();
  expect({ errors, statuses: Object.keys(statuses) }, failures.join('\n')).toEqual({ errors: {}, statuses: ['200'] });

  // Nobody injects any more, and nobody stands in the way.
  await space.deploy(...deployment({ name: 'stranger' }));
  expect((await space.pod('app=stranger')).spec.initContainers ?? []).toEqual([]);
  expect(await get({ ...client, from: 'deploy/stranger' }, url)).toBe(403);
});

test('without the chart of custom resources: no policy is left, and nothing else', async () => {
  await helm('uninstall', 'heddle-crds', '-n', 'linkerd', '--wait');
  await expect.poll(policyKinds, { timeout: 60_000 }).toBe(0);
  expect(await left()).toEqual([]);
});
