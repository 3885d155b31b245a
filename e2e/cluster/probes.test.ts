/**
 * Probes of every kind reach a pod in the mesh, by default and when routes guard its port; and they open nothing: who is
 * not the kubelet of the pod's node gets no further by asking for a probe's path.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from './support/kubectl.ts';
import { deployment, server, service } from './support/manifests.ts';
import { get, type Sender } from './support/send.ts';
import { meshed, Space } from './support/space.ts';

let space: Space;
let outside: Space;
let stranger: Sender;

const often = { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 3 };
const kinds: Readonly<Record<string, Manifest>> = {
  http: { httpGet: { path: '/healthz', port: 'http' } },
  grpc: { grpc: { port: 9090 } },
  tcp: { tcpSocket: { port: 'http' } },
  exec: { exec: { command: ['/usr/bin/node', '-e', ''] }, periodSeconds: 5, timeoutSeconds: 10 },
};
const probed = (name: string, kind: string): readonly Manifest[] => {
  const probe = { ...often, ...kinds[kind] };
  const lifecycle = { postStart: { httpGet: { path: '/started', port: 'http' } } };
  return [
    ...deployment({
      name,
      container: {
        startupProbe: { ...probe, failureThreshold: 60 },
        readinessProbe: probe,
        livenessProbe: probe,
        ...(kind === 'http' && { lifecycle }),
      },
    }),
    service(name),
  ];
};

beforeAll(async () => {
  [space, outside] = await Promise.all([Space.open('probes', meshed), Space.open('strangers')]);
  stranger = { namespace: outside.namespace, from: 'deploy/stranger', container: 'app' };
  await Promise.all([
    outside.deploy(...deployment({ name: 'stranger' })),
    space.deploy(
      ...Object.keys(kinds).flatMap((kind) => probed(`default-${kind}`, kind)),
      ...probed('routed', 'http'),
      server('routed'),
      // A route for something else: without care, whatever it does not match would be refused, probes too.
      {
        apiVersion: 'policy.linkerd.io/v1beta3',
        kind: 'HTTPRoute',
        metadata: { name: 'routed' },
        spec: {
          parentRefs: [{ group: 'policy.linkerd.io', kind: 'Server', name: 'routed' }],
          rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/api/' } }] }],
        },
      },
    ),
  ]);
});

afterAll(() => Promise.all([space.close(), outside.close()]));

test.each([...Object.keys(kinds).map((kind) => `default-${kind}`), 'routed'])(
  '%s is ready and stays alive',
  async (name) => {
    const { status } = await space.pod(`app=${name}`);
    expect(status.containerStatuses).toMatchObject([{ name: 'app', ready: true, restartCount: 0 }]);
  },
);

test.each(['default-http', 'routed'])('a stranger cannot ask for the path by which %s is probed', async (name) => {
  expect(await get(stranger, `http://${name}.${space.namespace}:8080/healthz`)).not.toBe(200);
});
