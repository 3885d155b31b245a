import { type ObjectKey, parseObject } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { eventually, FakeApiServer, FakeClock } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { apiOf } from '../testing/watched-widgets.ts';
import { kubernetesSource } from './kubernetes-source.ts';

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };
const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', isClusterScoped: true };
const servers = { group: 'policy.linkerd.io', version: 'v1beta3', kind: 'Server', plural: 'servers' };

const options = { defaults: { namespace: 'default', creationTimestampMs: 0 }, checkRegex: () => undefined };

const pod = (name: string) => ({
  metadata: {
    name,
    namespace: 'shop',
    managedFields: [{ manager: 'kubelet' }],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', keep: 'me' },
  },
  spec: { containers: [{ name: 'app' }] },
});
const server = (port: unknown) => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: {}, port },
});

const start = async (api: FakeApiServer) => {
  const told: string[] = [];
  const objects = new Map<string, KubernetesObject>();
  const clock = new FakeClock();
  const client = apiOf(api);
  const source = kubernetesSource({
    api: client,
    kinds: [pods, namespaces, servers],
    read: (value) => {
      const result = parseObject(value, options);
      return result.kind === 'object' ? result.object : undefined;
    },
    clock,
    random: () => 0.5,
    onError: ({ kind }) => told.push(`error ${kind}`),
    onFault: (_task, cause) => {
      throw cause;
    },
  });
  const synced = source.start({
    apply: (object) => {
      told.push(`apply ${object.kind} ${object.metadata.name}`);
      objects.set(object.kind, object);
    },
    delete: ({ kind, name }: ObjectKey) => told.push(`delete ${kind} ${name}`),
    reset: (all) => {
      told.push(`reset ${all.map((object) => `${object.kind} ${object.metadata.name}`).join()}`);
      for (const object of all) objects.set(object.kind, object);
    },
  });
  const settle = (check: () => void) =>
    eventually(
      () => {
        clock.advance(100);
        check();
      },
      { intervalMs: 1 },
    );
  const close = async (): Promise<void> => {
    await source.close();
    client.close();
  };
  return { source, synced, told, objects, settle, clock, [Symbol.asyncDispose]: close };
};

test('tells nothing before all kinds are synced, then everything, then changes', async () => {
  await using api = await FakeApiServer.start({ kinds: [pods, namespaces, servers] });
  api.put(pods, pod('a'));
  api.put(namespaces, { metadata: { name: 'shop' } });
  api.uninstall(servers);
  api.fail({ on: 'list', answer: { status: 500 } });
  await using watched = await start(api);
  expect(watched.source.states().every(({ isSynced }) => !isSynced)).toBe(true);
  await watched.settle(() => expect(watched.source.states().every(({ isSynced }) => isSynced)).toBe(true));
  await watched.synced;
  expect(watched.told).toEqual([expect.stringMatching(/^error /), 'reset Pod a,Namespace shop']);
  expect(watched.objects.get('Pod')?.metadata).toMatchObject({ namespace: 'shop', annotations: { keep: 'me' } });
  expect(watched.source.states().map(({ isAbsent, objects }) => [isAbsent, objects])).toEqual([
    [false, 1],
    [false, 1],
    [true, 0],
  ]);

  watched.told.length = 0;
  await watched.settle(() => expect(api.openWatches).toBe(2));
  api.put(pods, pod('b'));
  api.delete(pods, 'shop', 'a');
  await watched.settle(() => expect(watched.told).toEqual(['apply Pod b', 'delete Pod a']));
  api.install(servers);
  api.put(servers, server(80));
  await watched.settle(() => expect(watched.told.at(-1)).toBe('apply Server web'));
});

test('keeps the last state that made sense', async () => {
  await using api = await FakeApiServer.start({ kinds: [pods, namespaces, servers] });
  api.put(servers, server(80));
  await using watched = await start(api);
  await watched.settle(() => expect(api.openWatches).toBe(3));
  api.put(servers, server({}));
  api.put(pods, pod('seen-later'));
  await watched.settle(() => expect(watched.told.at(-1)).toBe('apply Pod seen-later'));
  api.watches((watch) => watch.expire());
  api.put(servers, server({}));
  await watched.settle(() => expect(api.requests.filter(({ operation }) => operation === 'list')).toHaveLength(6));
  expect(watched.told).toEqual(expect.not.arrayContaining(['delete Server web', 'apply Server web']));
  api.delete(servers, 'shop', 'web');
  await watched.settle(() => expect(watched.told.at(-1)).toBe('delete Server web'));
});

test('can be closed while the cluster cannot be reached', async () => {
  await using api = await FakeApiServer.start({ kinds: [] });
  const hanging = { on: 'list', answer: 'hang' } as const;
  api.fail(hanging, hanging, hanging);
  const watched = await start(api);
  await watched[Symbol.asyncDispose]();
  await watched.synced;
  expect(watched.told).toEqual([]);
});
