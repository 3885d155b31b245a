/**
 * Without a control plane, what runs goes on, and what it may do does not widen; when it is back, changes arrive again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from './support/kubectl.ts';
import { Load } from './support/load.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

const controlPlane = ['linkerd-identity', 'linkerd-destination'];
let space: Space;
let client: Sender;
let other: Sender;
let url: string;

beforeAll(async () => {
  space = await Space.open('outage', meshed);
  await space.deploy(
    ...deployment({ name: 'web' }),
    service('web'),
    server('web'),
    ...allow('web', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
  other = { ...client, from: 'deploy/other' };
  url = `http://web.${space.namespace}:8080/`;
});

const scale = (replicas: number): Promise<unknown> =>
  Promise.all(
    controlPlane.map((name) => kubectl(['-n', 'linkerd', 'scale', `deploy/${name}`, `--replicas=${replicas}`])),
  );

const isBack = (): Promise<unknown> =>
  Promise.all(
    controlPlane.map((name) => kubectl(['-n', 'linkerd', 'rollout', 'status', `deploy/${name}`, '--timeout=110s'])),
  );

afterAll(async () => {
  await scale(1);
  await isBack();
  await space.close();
});

test('traffic and refusals stay as they are; then a change of policy arrives again', async () => {
  const load = await Load.start(client, url);
  const refused = await Load.start(other, url);
  await scale(0);
  for (const name of controlPlane) {
    const selector = `linkerd.io/proxy-deployment=${name}`;
    await kubectl(['-n', 'linkerd', 'wait', '--for=delete', 'pod', '-l', selector, '--timeout=60s']);
  }
  await Promise.all([load.answers(200), refused.answers(200)]);
  expect((await refused.finish()).statuses).toEqual({ 403: expect.any(Number) });

  await scale(1);
  await isBack();
  await space.apply(...allow('web', ['client', 'other']));
  await expect.poll(() => get(other, url), { timeout: 90_000, interval: 1000 }).toBe(200);
  await load.answers(100);
  const { statuses, errors, failures } = await load.finish();
  expect({ errors, statuses: Object.keys(statuses) }, failures.join('\n')).toEqual({ errors: {}, statuses: ['200'] });
});
