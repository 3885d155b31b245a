/** The process as a whole, before an API server of real sockets. */

import { post, type ReviewResponse, reviewOf } from '@heddle/admission/testing';
import { eventually, FakeApiServer, type FakeManifest } from '@heddle/testkit';
import { applyPatch, type Operation } from 'rfc6902';
import { expect, test } from 'vitest';
import { expectMeshed, type Pod } from '../testing/pod-oracle.ts';
import { podFrom } from '../testing/pods.ts';
import { type InjectorUnderTest, startInjectorUnderTest } from '../testing/running-injector.ts';
import { watchedKinds } from './kubernetes.ts';

const [namespaces, replicaSets, jobs] = watchedKinds;
const events = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };

const namespace = (name: string, inject = 'enabled'): FakeManifest => ({
  metadata: { name, annotations: { 'linkerd.io/inject': inject } },
});

const controlled = (name: string, kind: string, controller: string, spec: object): FakeManifest => ({
  metadata: {
    namespace: 'shop',
    name,
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name: controller, uid: 'u', controller: true }],
  },
  spec,
});

const start = async (api: FakeApiServer): Promise<InjectorUnderTest> => {
  const injector = await startInjectorUnderTest('', api.kubeconfig);
  await injector.writeCertificate(injector.leaf());
  return injector;
};

const page = async ({ running }: InjectorUnderTest, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${running.adminPort}${path}`)).text();

const ask = ({ target }: InjectorUnderTest, pod: object, inNamespace: string): Promise<ReviewResponse> =>
  post(target, reviewOf('Pod', pod, { namespace: inNamespace }));

/** The pod as it is made. @throws {Error} when it is not meshed */
const meshedPod = async (injector: InjectorUnderTest, pod: object, inNamespace = 'shop'): Promise<Pod> => {
  const { body } = await ask(injector, pod, inNamespace);
  applyPatch(pod, JSON.parse(Buffer.from(body.response.patch ?? '', 'base64').toString() || '[]') as Operation[]);
  expectMeshed(pod as Pod);
  return pod as Pod;
};

const namespaceGets = ({ requests }: FakeApiServer): readonly string[] =>
  requests.filter(({ operation }) => operation === 'get').map(({ path }) => path);

test('a cluster says what asks for injection, and whose a pod is', async () => {
  await using api = await FakeApiServer.start({ kinds: watchedKinds });
  api.put(namespaces, namespace('shop'));
  // Whatever a template holds is no matter here.
  api.put(replicaSets, controlled('web-1', 'Rollout', 'web', { template: { spec: { containers: [{ ports: 7 }] } } }));
  api.put(jobs, controlled('report-28000000', 'CronJob', 'report', {}));
  api.fail({ on: 'list', answer: { status: 500 } }, { on: 'watch', answer: 'drop' });
  await using injector = await start(api);
  await eventually(async () => expect(await page(injector, '/ready')).toBe('ready\n'));

  const ofJob = podFrom({ controller: { kind: 'Job', name: 'report-28000000' } });
  expect((await meshedPod(injector, ofJob)).metadata.labels).toMatchObject({ 'linkerd.io/proxy-cronjob': 'report' });
  await meshedPod(injector, podFrom({ controller: { kind: 'ReplicaSet', name: 'web-1' } }));
  expect(injector.lines).toContainEqual(expect.objectContaining({ event: 'Injected', owner: 'Rollout/web' }));
  expect(namespaceGets(api)).toEqual([]);

  api.put(namespaces, namespace('shop', 'disabled'));
  await eventually(async () => {
    const { body } = await ask(injector, podFrom(), 'shop');
    expect(body.response).toEqual({ uid: expect.any(String) as string, allowed: true });
  });
  expect(await page(injector, '/metrics')).toMatch(/kubernetes_watch_errors_total\{.*status="500"\} 1/);
});

test('a namespace that is not known yet is asked for; what cannot be told is refused', async () => {
  await using api = await FakeApiServer.start({ kinds: watchedKinds });
  api.put(namespaces, namespace('new'));
  // Lists are never answered: nothing is known but what is asked for.
  api.fail(...watchedKinds.map(() => ({ on: 'list', answer: 'hang' }) as const));
  await using injector = await start(api);
  await eventually(async () => expect(await page(injector, '/ready')).toBe('waiting for the state of the cluster\n'));

  await meshedPod(injector, podFrom(), 'new');
  expect(namespaceGets(api)).toEqual(['/api/v1/namespaces/new']);

  const refused = { allowed: false, status: { code: 503, message: expect.stringContaining('is not known here') } };
  expect((await ask(injector, podFrom(), 'gone')).body.response).toMatchObject(refused);
  api.fail({ on: 'get', answer: { status: 500 } });
  expect((await ask(injector, podFrom(), 'new')).body.response).toMatchObject(refused);
  expect((await ask(injector, podFrom(), '../secrets')).body.response).toMatchObject(refused);
  expect(namespaceGets(api)).toHaveLength(3);
  const metrics = await page(injector, '/metrics');
  for (const result of ['found', 'absent', 'failed']) {
    expect(metrics).toContain(`namespace_lookups_total{result="${result}"} 1`);
  }
});

test('owners hear by events what became of their pods, unless nothing did', async () => {
  await using api = await FakeApiServer.start({ kinds: [...watchedKinds, events] });
  api.put(namespaces, namespace('shop'), namespace('plain', 'disabled'));
  api.put(replicaSets, controlled('web-1', 'Deployment', 'web', {}));
  await using injector = await start(api);
  await eventually(async () => expect(await page(injector, '/ready')).toBe('ready\n'));
  const ofWeb = (): object => podFrom({ controller: { kind: 'ReplicaSet', name: 'web-1' } });
  await ask(injector, ofWeb(), 'shop');
  await ask(injector, ofWeb(), 'shop');
  await post(injector.target, reviewOf('Pod', ofWeb(), { namespace: 'shop', dryRun: true }));
  await ask(injector, podFrom({ controller: { kind: 'DaemonSet', name: 'agent' } }), 'plain');
  const refused = podFrom({
    controller: { kind: 'StatefulSet', name: 'db' },
    spec: { securityContext: { runAsUser: 2102 } },
  });
  await ask(injector, refused, 'shop');
  const told = (): readonly string[] =>
    (api.list(events) as unknown as readonly Told[]).map(
      ({ regarding, type, reason }) => `${type} ${reason} ${regarding.kind}/${regarding.name} ${regarding.uid}`,
    );
  await eventually(() =>
    expect(new Set(told())).toEqual(
      new Set([
        'Normal Injected Deployment/web u',
        'Normal InjectionSkipped DaemonSet/agent b9a5',
        'Warning InjectionRefused StatefulSet/db b9a5',
      ]),
    ),
  );
  expect(told()).toHaveLength(3);
  expect(await page(injector, '/metrics')).toMatch(/kubernetes_synced\{group="apps",kind="ReplicaSet"\} 1/);
});

interface Told {
  readonly type: string;
  readonly reason: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid: string };
}
