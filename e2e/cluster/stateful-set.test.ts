/** A StatefulSet behind a headless Service: each pod by its own name, and any of them by the Service's. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allow, deployment, podTemplate, server, service, serviceAccount } from './support/manifests.ts';
import { type Sender, send } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let client: Sender;

beforeAll(async () => {
  space = await Space.open('stateful', meshed);
  await space.deploy(
    serviceAccount('db'),
    service('db', undefined, { clusterIP: 'None' }),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        replicas: 2,
        serviceName: 'db',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: 'db' } },
        template: podTemplate({ name: 'db' }),
      },
    },
    server('db'),
    ...allow('db', ['client']),
    ...deployment({ name: 'client' }),
    ...deployment({ name: 'other' }),
  );
  client = { namespace: space.namespace, from: 'deploy/client', container: 'app' };
});

afterAll(() => space.close());

const answered = async (sender: Sender, hosts: readonly string[]) =>
  (
    await send(
      sender,
      hosts.map((host) => ({ url: `http://${host}:8080/` })),
    )
  ).map(({ status, body = '' }) => ({
    status,
    pod: /"pod":"([^"]*)"/.exec(body)?.[1],
    client: /"l5d-client-id":"([^".]*)/.exec(body)?.[1],
  }));

test('each pod answers to its own name, and knows the client', async () => {
  const hosts = [0, 1].map((index) => `db-${index}.db.${space.namespace}.svc.cluster.local`);
  expect(await answered(client, hosts)).toEqual([
    { status: 200, pod: 'db-0', client: 'client' },
    { status: 200, pod: 'db-1', client: 'client' },
  ]);
});

test('one of them answers to the name of the Service', async () => {
  const [answer] = await answered(client, [`db.${space.namespace}`]);
  expect(answer).toMatchObject({ status: 200, pod: expect.stringMatching(/^db-[01]$/), client: 'client' });
});

test('policy holds on every name', async () => {
  const other = { ...client, from: 'deploy/other' };
  const hosts = [`db-0.db.${space.namespace}.svc.cluster.local`, `db.${space.namespace}`];
  expect((await answered(other, hosts)).map(({ status }) => status)).toEqual([403, 403]);
});
