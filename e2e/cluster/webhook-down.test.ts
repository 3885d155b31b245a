/** While nobody can inject, no pod of the mesh is made; other namespaces are asked about too, the system's are not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl, tryKubectl } from './support/kubectl.ts';
import { deployment } from './support/manifests.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;

const injectors = async (replicas: number): Promise<void> => {
  await kubectl(['-n', 'linkerd', 'scale', 'deploy/linkerd-proxy-injector', `--replicas=${replicas}`]);
  const condition =
    replicas === 0
      ? ['wait', '--for=delete', 'pod', '-l', 'linkerd.io/control-plane-component=proxy-injector', '--timeout=60s']
      : ['rollout', 'status', 'deploy/linkerd-proxy-injector', '--timeout=110s'];
  await kubectl(['-n', 'linkerd', ...condition]);
};

beforeAll(async () => {
  space = await Space.open('no-webhook', meshed);
});

afterAll(async () => {
  await injectors(2);
  await space.close();
});

test('a pod is refused rather than made without its proxy, and made with it later', async () => {
  await injectors(0);
  const run = ['-n', space.namespace, 'run', 'bare', '--image=unused', '--restart=Never'];
  const { code, stderr } = await tryKubectl(run);
  expect(code).not.toBe(0);
  expect(stderr).toContain('linkerd-proxy-injector');

  await space.apply(...deployment({ name: 'web' }));
  // The ReplicaSet says that it tried.
  await space.waitFor('condition=ReplicaFailure', 'deploy/web', 60);
  expect(await space.pods('app=web')).toEqual([]);

  await injectors(2);
  // It tries again with a growing pause; a change makes it try now.
  await space.kubectl('rollout', 'restart', 'deploy/web');
  await space.rolledOut('deploy/web');
  const { spec } = await space.pod('app=web');
  expect(spec.initContainers?.map(({ name }) => name)).toContain('linkerd-proxy');
});
