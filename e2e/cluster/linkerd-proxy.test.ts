/**
 * Linkerd's own proxy under this control plane, beside ours and talking to ours both ways, as during a take-over: it gets
 * its certificate, its endpoints and its policy, and says no to the same callers.
 *
 * HEDDLE_E2E_LINKERD_PROXY names another image than the published one, for clusters that cannot pull it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allow, deployment, server, service } from './support/manifests.ts';
import { report } from './support/running.ts';
import { get, type Sender, send } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

const image = process.env['HEDDLE_E2E_LINKERD_PROXY'] ?? 'cr.l5d.io/linkerd/proxy:edge-26.8.3';
const linkerds = { 'config.linkerd.io/proxy-image': image };
const who = ['ours', 'linkerds'] as const;

let space: Space;
let outside: Space;
const annotationsOf = (name: (typeof who)[number]) => (name === 'linkerds' ? linkerds : {});
const client = (name: string): Sender => ({ namespace: space.namespace, from: `deploy/${name}`, container: 'app' });
const urlOf = (name: string): string => `http://web-${name}.${space.namespace}:8080/`;

beforeAll(async () => {
  [space, outside] = await Promise.all([Space.open('linkerd-proxy', meshed), Space.open('bystanders')]);
  await Promise.all([
    space.deploy(
      ...who.flatMap((name) => [
        ...deployment({ name: `web-${name}`, annotations: annotationsOf(name) }),
        service(`web-${name}`),
        server(`web-${name}`),
        ...allow(
          `web-${name}`,
          who.map((each) => `client-${each}`),
        ),
        ...deployment({ name: `client-${name}`, annotations: annotationsOf(name) }),
        ...deployment({ name: `nobody-${name}`, annotations: annotationsOf(name) }),
      ]),
    ),
    outside.deploy(...deployment({ name: 'stranger' })),
  ]);
});

afterAll(() => Promise.all([space.close(), outside.close()]));

test('its pods run the image that was asked for', async () => {
  const { spec } = await space.pod('app=web-linkerds');
  const proxy = [...(spec.initContainers ?? []), ...spec.containers].find(({ name }) => name === 'linkerd-proxy');
  expect((proxy as { image?: string } | undefined)?.image).toBe(image);
});

describe.each(who.flatMap((from) => who.map((to) => ({ from, to }))))('$from asks $to', ({ from, to }) => {
  test('an identity that the policy names is let in, another one is not', async () => {
    expect(await get(client(`client-${from}`), urlOf(to))).toBe(200);
    expect(await get(client(`nobody-${from}`), urlOf(to))).toBe(403);
  });

  test('over mutual TLS, as the identity of its ServiceAccount', async () => {
    const [answer] = await send(client(`client-${from}`), [{ url: urlOf(to) }]);
    const { headers } = JSON.parse(answer?.body ?? '{}') as { readonly headers: Readonly<Record<string, string>> };
    const { namespace } = space;
    expect(headers['l5d-client-id']).toBe(`client-${from}.${namespace}.serviceaccount.identity.linkerd.cluster.local`);
  });

  test('gRPC, on a port that nobody declared', async () => {
    const answers = await report(client(`client-${from}`), [
      'grpc',
      `web-${to}.${space.namespace}`,
      '9090',
      'Say',
      '5',
    ]);
    expect(answers).toHaveLength(5);
    for (const answer of answers) expect(answer).toMatchObject({ httpStatus: 200, status: '0', isEcho: true });
  });

  test('what it may no longer have, it does not get', async () => {
    const accounts = who.filter((each) => each !== from).map((each) => `client-${each}`);
    const ask = (): Promise<number | string> => get(client(`client-${from}`), urlOf(to));
    await space.apply(...allow(`web-${to}`, accounts));
    await expect.poll(ask, { timeout: 30_000, interval: 500 }).toBe(403);
    await space.apply(...allow(`web-${to}`, [...accounts, `client-${from}`]));
    await expect.poll(ask, { timeout: 30_000, interval: 500 }).toBe(200);
  });
});

test.each(who)('a pod without the mesh is refused by %s', async (to) => {
  const stranger = { namespace: outside.namespace, from: 'deploy/stranger', container: 'app' };
  expect(await get(stranger, `http://web-${to}.${space.namespace}:8080/`)).toBe(403);
});
