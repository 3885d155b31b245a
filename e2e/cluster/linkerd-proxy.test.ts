/**
 * Linkerd's own proxy under this control plane, beside ours and talking to ours both ways, as during a take-over: it gets
 * its certificate, its endpoints and its policy, and says no to the same callers.
 *
 * HEDDLE_E2E_LINKERD_PROXY names another image than the published one, for clusters that cannot pull it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from './support/kubectl.ts';
import { allow, deployment, server, service } from './support/manifests.ts';
import { report } from './support/running.ts';
import { get, type Sender, send } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

const image = process.env['HEDDLE_E2E_LINKERD_PROXY'] ?? 'cr.l5d.io/linkerd/proxy:edge-26.8.3';
const linkerds = { 'config.linkerd.io/proxy-image': image };
const who = ['ours', 'linkerds'] as const;

let space: Space;
let outside: Space;
const ports = { http: 8080, grpc: 9090, raw: 8090, routed: 8091 };
const annotationsOf = (name: (typeof who)[number]) => (name === 'linkerds' ? linkerds : {});
const client = (name: string): Sender => ({ namespace: space.namespace, from: `deploy/${name}`, container: 'app' });
const urlOf = (name: string): string => `http://web-${name}.${space.namespace}:8080/`;

const clients = who.map((name) => `client-${name}`);

/** What is read under /read/, of the Server of the same name without `reads-`. */
const readsOf = (target: string): Manifest => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'HTTPRoute',
  metadata: { name: `reads-${target}` },
  spec: {
    parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', name: target }],
    rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/read/' }, method: 'GET' }] }],
  },
});

beforeAll(async () => {
  [space, outside] = await Promise.all([Space.open('linkerd-proxy', meshed), Space.open('bystanders')]);
  await Promise.all([
    space.deploy(
      ...who.flatMap((name) => [
        ...deployment({
          name: `web-${name}`,
          annotations: annotationsOf(name),
          env: { PORTS: Object.values(ports).join(',') },
          ports,
        }),
        service(`web-${name}`, ports),
        server(`web-${name}`),
        ...allow(`web-${name}`, clients),
        { ...server(`web-${name}`, { port: 'raw', proxyProtocol: 'opaque' }), metadata: { name: `raw-${name}` } },
        ...allow(`raw-${name}`, clients),
        { ...server(`web-${name}`, { port: 'routed' }), metadata: { name: `routed-${name}` } },
        readsOf(`routed-${name}`),
        ...allow(`reads-routed-${name}`, clients, 'HTTPRoute'),
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

  test('routes: what one matches is for whom it lets in, and what none matches is not there', async () => {
    const routed = `http://web-${to}.${space.namespace}:${ports.routed}`;
    expect(await get(client(`client-${from}`), `${routed}/read/1`)).toBe(200);
    expect(await get(client(`client-${from}`), `${routed}/write`)).toBe(404);
    expect(await get(client(`nobody-${from}`), `${routed}/read/1`)).toBe(403);
  });

  test('an opaque port: bytes pass for whom its policy names, and for nobody else', async () => {
    const raw = `http://web-${to}.${space.namespace}:${ports.raw}/`;
    expect(await get(client(`client-${from}`), raw)).toBe(200);
    // The server's proxy ends the connection; the client's has read HTTP from its application, and says so.
    expect(await get(client(`nobody-${from}`), raw)).toBe(502);
  });

  test('WebSocket', async () => {
    const say = (name: string) =>
      report(client(name), ['websocket', `web-${to}.${space.namespace}`, String(ports.http), '5']);
    expect(await say(`client-${from}`)).toEqual([{ kind: 'echoed', count: 5 }]);
    expect(await say(`nobody-${from}`)).toEqual([{ kind: 'refused', status: 403 }]);
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
