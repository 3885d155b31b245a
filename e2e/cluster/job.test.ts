/** A Job in the mesh calls through its proxy and completes: the sidecar does not keep it alive. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployment, podTemplate, service, serviceAccount } from './support/manifests.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;

beforeAll(async () => {
  space = await Space.open('job', meshed);
  await space.deploy(...deployment({ name: 'web' }), service('web'));
});

afterAll(() => space.close());

test('completes after a call from its init container and one from its container', async () => {
  const call = { args: ['websocket', `web.${space.namespace}`, '8080', '3'] };
  const template = podTemplate({ name: 'once', ports: {}, ...call });
  const pod = template['spec'] as { containers: readonly [{ image: string }] };
  await space.apply(serviceAccount('once'), {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'once' },
    spec: {
      backoffLimit: 0,
      template: {
        ...template,
        spec: {
          ...pod,
          restartPolicy: 'Never',
          initContainers: [{ name: 'before', image: pod.containers[0].image, ...call }],
        },
      },
    },
  });
  await space.waitFor('condition=Complete', 'job/once', 90);
  const { metadata, spec } = await space.pod('app=once');
  expect(spec.initContainers?.map(({ name }) => name)).toEqual(['linkerd-init', 'linkerd-proxy', 'before']);
  for (const container of ['before', 'app']) {
    const log = await space.kubectl('logs', metadata.name, '-c', container);
    expect(JSON.parse(log)).toEqual({ kind: 'echoed', count: 3 });
  }
});
