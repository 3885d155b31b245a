/**
 * All pods of the control plane and of a namespace in the mesh are lost in the same moment, as when their nodes are. They
 * come back by themselves, each with its proxy, and with the same policy: what is needed to inject needs no injection.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rolledOut } from './support/install.ts';
import { kubectl } from './support/kubectl.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

const names = ['web', 'client', 'other'];
let space: Space;
let client: Sender;
let url: string;

beforeAll(async () => {
  space = await Space.open('lost-nodes', meshed);
  await space.deploy(
    ...deployment({ name: 'web', replicas: 2 }),
    service('web'),
    server('web'),
    ...allow('web', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  url = `http://web.${space.namespace}:8080/`;
});

afterAll(() => space.close());

const podNames = async (namespace: string): Promise<readonly string[]> =>
  (await kubectl(['-n', namespace, 'get', 'pods', '-o', 'name'])).trim().split('\n');

test('everything comes back by itself, meshed', async () => {
  const before = await podNames(space.namespace);
  const lose = ['delete', 'pods', '--all', '--force', '--grace-period=0', '--wait=false'];
  await Promise.all(['linkerd', space.namespace].map((namespace) => kubectl(['-n', namespace, ...lose])));

  await rolledOut();
  await Promise.all(names.map((name) => space.rolledOut(`deploy/${name}`, 170)));
  const pods = await space.pods('app');
  expect(pods).toHaveLength(4);
  for (const { metadata, spec } of pods) {
    expect(before).not.toContain(`pod/${metadata.name}`);
    expect(spec.initContainers?.map(({ name }) => name)).toContain('linkerd-proxy');
  }
  expect(await get(client, url)).toBe(200);
  expect(await get({ ...client, from: 'deploy/other' }, url)).toBe(403);
}, 400_000);
