/** `helm upgrade` of a mesh that works: nobody loses a request, and whoever had a certificate keeps it. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { charts, helm, identityLogs, rolledOut, trust } from './support/install.ts';
import { Load } from './support/load.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;
let url: string;

const upgrade = (...args: readonly string[]): Promise<void> =>
  helm('upgrade', 'heddle-control-plane', join(charts, 'heddle-control-plane'), '-n', 'linkerd', '--wait', ...args);

beforeAll(async () => {
  space = await Space.open('upgrade', meshed);
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

afterAll(async () => {
  await upgrade('--set', 'controllerLogLevel=info');
  await rolledOut();
  await space.close();
});

test('requests go on, certificates stay, new pods and new policies come as before', async () => {
  const before = await trust();
  const load = await Load.start(client, url);
  await helm('upgrade', 'heddle-crds', join(charts, 'heddle-crds'), '-n', 'linkerd', '--wait');
  await upgrade('--set', 'controllerLogLevel=debug');
  await rolledOut();
  expect(await identityLogs()).toBe('debug');
  expect(await trust()).toEqual(before);

  await space.deploy(...deployment({ name: 'newcomer' }));
  const newcomer = { ...client, from: 'deploy/newcomer' };
  expect(await get(newcomer, url)).toBe(403);
  await space.apply(...allow('web', ['client', 'newcomer']));
  await expect.poll(() => get(newcomer, url), { timeout: 60_000, interval: 1000 }).toBe(200);

  await load.answers(100);
  const { statuses, errors, failures } = await load.finish();
  expect({ errors, statuses: Object.keys(statuses) }, failures.join('\n')).toEqual({ errors: {}, statuses: ['200'] });
});
