/** Statuses as they come to stand in a cluster: by one replica of several, through everything an API server does. */
import { createCatalog } from '@heddle/catalog';
import { testOptions } from '@heddle/catalog/testing';
import { KubernetesApi, kubeconfigConnection, meshKinds } from '@heddle/k8s';
import { systemClock } from '@heddle/runtime';
import { createLogger } from '@heddle/telemetry';
import { eventually, FakeApiServer, FakeClock, type FakeManifest, TemporaryDirectory } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { CatalogFeed } from '../sources/catalog-feed.ts';
import { createKubernetesSource } from '../sources/kubernetes.ts';
import { podManifest, serverManifest } from '../testing/manifests.ts';
import { createStatuses, leaseName } from './open-statuses.ts';

const leases = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' };
const controllerName = 'linkerd.io/policy-controller';

/** A replica: it watches, elects and writes, in time that the test moves. */
class Replica implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly #abort = new AbortController();
  readonly #ends: Promise<void>[] = [];
  readonly #close: () => Promise<void>;

  private constructor(api: KubernetesApi, replica: string) {
    const { clock } = this;
    const log = createLogger({ name: 'test', level: 'fatal' });
    const catalog = createCatalog(testOptions);
    const metrics = createMetrics('1', {
      objects: () => 0,
      watchedAnswers: () => 0,
      identity: { value: { refreshCount: 0 } } as never,
    });
    const shared = { api, clock, log, random: () => 0.5 };
    const { watched, writer, election } = createStatuses({
      ...shared,
      catalog,
      isSynced: () => feed.isSynced,
      namespace: 'linkerd',
      replica,
      metrics: metrics.statuses,
    });
    const feed = new CatalogFeed({
      catalog,
      onChange: ({ statuses }) => writer.changed(statuses),
      onDelete: (key) => watched.gone(key),
      onApplied: () => {},
      nowMs: () => 0,
    });
    const source = createKubernetesSource({
      ...shared,
      onFault: (task, cause) => {
        throw new Error(task, { cause });
      },
      metrics: metrics.cluster,
      onObject: (value) => watched.seen(value),
    });
    void source.start(feed);
    this.#ends.push(election.run(this.#abort.signal), writer.run(this.#abort.signal));
    this.#close = async () => {
      await source.close();
      api.close();
    };
  }

  static async start(server: FakeApiServer, name: string): Promise<Replica> {
    await using directory = await TemporaryDirectory.create();
    const connection = await kubeconfigConnection(await directory.write('config', server.kubeconfig));
    return new Replica(new KubernetesApi({ connection, clock: systemClock }), name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#ends);
    await this.#close();
  }
}

let server: FakeApiServer;
const replicas: Replica[] = [];
const start = async (name: string): Promise<Replica> => {
  const replica = await Replica.start(server, name);
  replicas.push(replica);
  return replica;
};

const kindOf = (kind: string, group = 'policy.linkerd.io') => {
  const found = [...meshKinds, leases].find((each) => each.kind === kind && each.group === group);
  if (found === undefined) throw new Error(`${group}/${kind} is not watched`);
  return found;
};
const put = (manifest: unknown, group = 'policy.linkerd.io'): void => {
  const { kind } = manifest as { readonly kind: string };
  server.put(kindOf(kind, group), manifest as FakeManifest);
};
const statusOf = (kind: string, name: string, group?: string): unknown =>
  server.store.get(kindOf(kind, group), 'shop', name)?.['status'];
const patches = (): number => server.requests.filter(({ method }) => method === 'PATCH').length;
/** Lets time pass until `check` holds. */
const settle = (check: () => void): Promise<void> =>
  eventually(
    () => {
      for (const { clock } of replicas) clock.advance(200);
      check();
    },
    { intervalMs: 2, timeoutMs: 20_000 },
  );

const condition = (type: string, status: string, reason: string): unknown =>
  expect.objectContaining({ type, status, reason, lastTransitionTime: expect.any(String) as string });
const serverNamed = (name: string, createdAt: string): unknown => ({
  ...(serverManifest('deny') as object),
  metadata: { namespace: 'shop', name, creationTimestamp: createdAt, generation: 2 },
});
const route = (name: string, parents: readonly unknown[], group = 'policy.linkerd.io/v1beta3'): unknown => ({
  apiVersion: group,
  kind: 'HTTPRoute',
  metadata: { namespace: 'shop', name },
  spec: { parentRefs: parents, rules: [{ matches: [{ path: { value: '/' } }] }] },
});
const toServer = { group: 'policy.linkerd.io', kind: 'Server', name: 'web' };
const theirs = { parentRef: { name: 'edge' }, controllerName: 'example.com/gateway', conditions: [] };
const accepted = { conditions: [condition('Accepted', 'True', 'Accepted')] };
const overlapping = { conditions: [condition('Accepted', 'False', 'ServerOverlap')] };

beforeEach(async () => {
  server = await FakeApiServer.start({ kinds: [...meshKinds, leases] });
  server.put(kindOf('Pod', ''), podManifest('web-0', '10.1.0.1') as FakeManifest);
  put(serverNamed('web', '2026-01-01T00:00:00Z'));
});
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test('every kind is told how it fares, beside what others say', async () => {
  put(serverNamed('late', '2026-02-01T00:00:00Z'));
  put({ ...(route('mine', [toServer]) as object), status: { parents: [theirs] } });
  put(
    route('theirs', [{ kind: 'Gateway', name: 'edge' }], 'gateway.networking.k8s.io/v1'),
    'gateway.networking.k8s.io',
  );
  put({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'HTTPLocalRateLimitPolicy',
    metadata: { namespace: 'shop', name: 'limit' },
    spec: { targetRef: toServer, total: { requestsPerSecond: 1 } },
  });
  put({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { namespace: 'shop', name: 'dangling' },
    spec: {
      targetRef: toServer,
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'none' }],
    },
  });
  await start('a');
  await settle(() => {
    expect(statusOf('Server', 'web')).toMatchObject({ conditions: [{ observedGeneration: 2 }] });
    expect(statusOf('Server', 'late')).toEqual(overlapping);
    expect(statusOf('HTTPRoute', 'mine')).toEqual({
      parents: [theirs, { parentRef: { ...toServer, namespace: 'shop' }, controllerName, ...accepted }],
    });
    expect(statusOf('HTTPLocalRateLimitPolicy', 'limit')).toEqual({ ...accepted, targetRef: toServer });
    expect(statusOf('AuthorizationPolicy', 'dangling')).toEqual({
      conditions: [
        condition('Accepted', 'True', 'Accepted'),
        condition('ResolvedRefs', 'False', 'AuthenticationNotFound'),
      ],
    });
  });
  expect(statusOf('HTTPRoute', 'theirs', 'gateway.networking.k8s.io')).toBeUndefined();
});

test('a change is followed, and what stands is not written again', async () => {
  put(serverNamed('late', '2026-02-01T00:00:00Z'));
  const replica = await start('a');
  await settle(() => expect(statusOf('Server', 'late')).toEqual(overlapping));
  server.delete(kindOf('Server'), 'shop', 'web');
  await settle(() => expect(statusOf('Server', 'late')).toEqual(accepted));
  const before = patches();
  const lookedAt = replica.clock.nowMs();
  await settle(() => expect(replica.clock.nowMs() - lookedAt).toBeGreaterThan(60_000));
  expect(patches()).toBe(before);
});

test('what somebody else makes of our conditions is set right', async () => {
  await start('a');
  await settle(() => expect(statusOf('Server', 'web')).toEqual(accepted));
  const { metadata, spec } = server.store.get(kindOf('Server'), 'shop', 'web')!;
  server.put(kindOf('Server'), { metadata, spec, status: { conditions: [] } });
  await settle(() => expect(statusOf('Server', 'web')).toEqual(accepted));
});

test.each([
  ['a conflict', { status: 409 }],
  ['too many requests', { status: 429, retryAfterSeconds: 20 }],
  ['a server that fails', { status: 500 }],
  ['a server that is not allowed to answer', { status: 403 }],
  ['a broken connection', 'drop' as const],
])('%s is survived', async (_, answer) => {
  await start('a');
  await settle(() => expect(statusOf('Server', 'web')).toEqual(accepted));
  server.fail({ on: 'write', answer }, { on: 'write', answer }, { on: 'write', answer });
  put(serverNamed('late', '2026-02-01T00:00:00Z'));
  await settle(() => expect(statusOf('Server', 'late')).toEqual(overlapping));
});

test('an object that goes, and a kind without statuses, are left alone', async () => {
  await start('a');
  await settle(() => expect(statusOf('Server', 'web')).toEqual(accepted));
  server.fail({ on: 'write', answer: { status: 404 } });
  put(serverNamed('late', '2026-02-01T00:00:00Z'));
  server.delete(kindOf('Server'), 'shop', 'web');
  put(serverNamed('other', '2026-03-01T00:00:00Z'));
  await settle(() => expect(statusOf('Server', 'other')).toEqual(overlapping));
});

test('one of two replicas writes; the other goes on when it ends', async () => {
  const first = await start('a');
  await settle(() => expect(statusOf('Server', 'web')).toEqual(accepted));
  await start('b');
  put(serverNamed('late', '2026-02-01T00:00:00Z'));
  await settle(() => expect(statusOf('Server', 'late')).toEqual(overlapping));
  const holder = (): unknown => server.store.get(leases, 'linkerd', leaseName)?.['spec'];
  expect(holder()).toMatchObject({ holderIdentity: 'a' });
  replicas.shift();
  await first[Symbol.asyncDispose]();
  server.delete(kindOf('Server'), 'shop', 'web');
  await settle(() => expect(statusOf('Server', 'late')).toEqual(accepted));
  expect(holder()).toMatchObject({ holderIdentity: 'b' });
});

test('a replica that lost its lease writes nothing more, not even what was on its way', async () => {
  const replica = await start('a');
  await settle(() => expect(statusOf('Server', 'web')).toEqual(accepted));
  const lease = server.store.get(leases, 'linkerd', leaseName)!;
  server.put(leases, { ...lease, spec: { holderIdentity: 'other', leaseDurationSeconds: 1_000_000 } });
  const before = server.requests.length;
  await settle(() => {
    const looks = server.requests.slice(before).filter(({ path }) => path.endsWith(`/leases/${leaseName}`));
    expect(looks.length).toBeGreaterThan(1);
  });
  const patched = patches();
  put(serverNamed('late', '2026-02-01T00:00:00Z'));
  const lookedAt = replica.clock.nowMs();
  await settle(() => expect(replica.clock.nowMs() - lookedAt).toBeGreaterThan(60_000));
  expect(patches()).toBe(patched);
  expect(statusOf('Server', 'late')).toBeUndefined();
});
