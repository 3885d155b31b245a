/** What is not in the mesh gets nothing from what is, unless a policy says so; and what is in the mesh tells it nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allow, deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let inside: Space;
let outside: Space;
let stranger: Sender;
let client: Sender;
let url: string;

beforeAll(async () => {
  [inside, outside] = await Promise.all([Space.open('plaintext', meshed), Space.open('strangers')]);
  await Promise.all([
    inside.deploy(
      ...deployment({ name: 'open' }),
      service('open'),
      ...deployment({ name: 'guarded' }),
      service('guarded'),
      server('guarded'),
      ...allow('guarded', ['client']),
      ...deployment({ name: 'client' }),
      // One that took the labels of a Service, so that calls to it go there, and has no proxy.
      ...deployment({ name: 'impostor', annotations: { 'linkerd.io/inject': 'disabled' } }),
      service('impostor'),
      ...deployment({ name: 'strict-client', annotations: { 'config.heddle.io/mesh-required': 'true' } }),
    ),
    outside.deploy(...deployment({ name: 'stranger' })),
  ]);
  stranger = { namespace: outside.namespace, from: 'deploy/stranger', container: 'app' };
  client = { namespace: inside.namespace, from: 'deploy/client', container: 'app' };
  url = `${inside.namespace}:8080/`;
});

afterAll(() => Promise.all([inside.close(), outside.close()]));

test.each(['open', 'guarded'])('a meshed client reads %s', async (name) => {
  expect(await get(client, `http://${name}.${url}`)).toBe(200);
});

test.each(['open', 'guarded'])(
  'a stranger is refused by %s, through the Service and at the address of the pod',
  async (name) => {
    const { status } = await inside.pod(`app=${name}`);
    expect(await get(stranger, `http://${name}.${url}`)).toBe(403);
    expect(await get(stranger, `http://${status.podIP}:8080/`)).toBe(403);
  },
);

test('a stranger gets no further at the port of the proxy', async () => {
  const { status } = await inside.pod('app=open');
  expect(await get(stranger, `http://${status.podIP}:4143/`)).not.toBe(200);
});

test('metrics and controls of a proxy are not for strangers; only whether it lives and is ready', async () => {
  const { status } = await inside.pod('app=open');
  const admin = `http://${status.podIP}:4191`;
  expect(await get(stranger, `${admin}/ready`)).toBe(200);
  expect(await get(stranger, `${admin}/metrics`)).not.toBe(200);
  expect(await get(stranger, `${admin}/env.json`)).not.toBe(200);
});

test('a client that wants the mesh does not talk to a pod without it, whatever labels that carries', async () => {
  expect(await get(client, `http://impostor.${url}`)).toBe(200);
  const strict = { ...client, from: 'deploy/strict-client' };
  expect(await get(strict, `http://impostor.${url}`)).toBe(502);
  expect(await get(strict, `http://open.${url}`)).toBe(200);
});
