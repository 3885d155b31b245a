/** A pod of an annotated namespace gets a proxy as a native sidecar; one that opts out, or cannot have one, does not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployment } from './support/manifests.ts';
import { meshed, type Pod, Space } from './support/space.ts';

let inside: Space;
let outside: Space;

beforeAll(async () => {
  [inside, outside] = await Promise.all([Space.open('injection', meshed), Space.open('no-injection')]);
  await Promise.all([
    inside.deploy(
      ...deployment({ name: 'plain' }),
      ...deployment({ name: 'opted-out', annotations: { 'linkerd.io/inject': 'disabled' } }),
      ...deployment({
        name: 'on-the-host',
        args: ['serve'],
        ports: {},
        env: { PORTS: '18080,19090' },
        pod: { hostNetwork: true },
      }),
    ),
    outside.deploy(
      ...deployment({ name: 'plain' }),
      ...deployment({ name: 'opted-in', annotations: { 'linkerd.io/inject': 'enabled' } }),
    ),
  ]);
});

afterAll(() => Promise.all([inside.close(), outside.close()]));

const containers = ({ spec }: Pod): readonly string[] => [
  ...(spec.initContainers ?? []).map(
    ({ name, restartPolicy }) => `${name}${restartPolicy === 'Always' ? ' (sidecar)' : ''}`,
  ),
  ...spec.containers.map(({ name }) => name),
];

const withProxy = ['linkerd-init', 'linkerd-proxy (sidecar)', 'app'];

test('a pod of an annotated namespace has a proxy that starts before it', async () => {
  const pod = await inside.pod('app=plain');
  expect(containers(pod)).toEqual(withProxy);
  expect(pod.metadata.labels).toMatchObject({
    'linkerd.io/control-plane-ns': 'linkerd',
    'linkerd.io/workload-ns': inside.namespace,
    'linkerd.io/proxy-deployment': 'plain',
  });
  expect(pod.metadata.annotations).toMatchObject({
    'linkerd.io/created-by': expect.any(String),
    'linkerd.io/proxy-version': expect.any(String),
    'linkerd.io/trust-root-sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a pod can opt in by itself', async () => {
  expect(containers(await outside.pod('app=opted-in'))).toEqual(withProxy);
});

test.each([
  ['inside', 'opted-out'],
  ['inside', 'on-the-host'],
  ['outside', 'plain'],
])('%s the annotated namespace, %s has none', async (where, app) => {
  expect(containers(await (where === 'inside' ? inside : outside).pod(`app=${app}`))).toEqual(['app']);
});

test('the proxy has the certificate of its ServiceAccount', async () => {
  const { metadata } = await inside.pod('app=plain');
  const log = await inside.kubectl('logs', metadata.name, '-c', 'linkerd-proxy');
  expect(log).toContain(
    `"identity":"plain.${inside.namespace}.serviceaccount.identity.linkerd.cluster.local","not_after"`,
  );
});

test('the owner is told by an event', async () => {
  const events = await inside.kubectl(
    'get',
    'events',
    '-o',
    'custom-columns=R:.reason,K:.involvedObject.kind,N:.involvedObject.name',
    '--no-headers',
  );
  const rows = events
    .trim()
    .split('\n')
    .map((row) => row.split(/ +/).join(' '));
  expect(rows).toContain('Injected Deployment plain');
  expect(rows).toContain('InjectionSkipped Deployment opted-out');
});
