/** Injection of every kind of workload, as a classic sidecar, and not at all: what cannot be meshed is not made. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getJson, type Manifest, tryKubectl } from './support/kubectl.ts';
import { deployment, imageOf, podTemplate, serviceAccount } from './support/manifests.ts';
import { meshed, type Pod, Space } from './support/space.ts';

let space: Space;

const workload = (kind: string, name: string, spec: Manifest, apiVersion = 'apps/v1'): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
  spec,
});
const selecting = (name: string): Manifest => ({ selector: { matchLabels: { app: name } } });
const once = (name: string): Manifest => {
  const template = podTemplate({ name, ports: {} });
  const pod = template['spec'] as { readonly containers: readonly object[] };
  const containers = pod.containers.map((each) => ({ ...each, command: ['/usr/bin/node', '-e', '0'], args: [] }));
  return { template: { ...template, spec: { ...pod, restartPolicy: 'Never', containers } } };
};

beforeAll(async () => {
  space = await Space.open('variants', meshed);
  await space.deploy(
    ...deployment({
      name: 'classic',
      annotations: {
        'config.linkerd.io/proxy-enable-native-sidecar': 'false',
        'config.alpha.linkerd.io/proxy-wait-before-exit-seconds': '1',
      },
      pod: { terminationGracePeriodSeconds: 30 },
    }),
    serviceAccount('agent'),
    workload('DaemonSet', 'agent', { ...selecting('agent'), template: podTemplate({ name: 'agent' }) }),
    serviceAccount('report'),
    workload('CronJob', 'report', { schedule: '* * * * *', jobTemplate: { spec: once('report') } }, 'batch/v1'),
    serviceAccount('migrate'),
    workload('Job', 'migrate', once('migrate'), 'batch/v1'),
  );
});

afterAll(() => space.close());

const namesOf = ({ spec }: Pod): readonly string[] => [
  ...(spec.initContainers ?? []).map(({ name }) => name),
  ...spec.containers.map(({ name }) => name),
];

test('a classic sidecar is ready before the application starts, and ends with its pod', async () => {
  const pod = await space.pod('app=classic');
  expect(namesOf(pod)).toEqual(['linkerd-init', 'linkerd-proxy', 'app']);
  const { status } = await getJson<Started>(['-n', space.namespace, 'pod', pod.metadata.name]);
  const startOf = (name: string): string =>
    status.containerStatuses.find((each) => each.name === name)?.state.running?.startedAt ?? '';
  expect(Date.parse(startOf('app'))).toBeGreaterThanOrEqual(Date.parse(startOf('linkerd-proxy')));
  const log = await space.kubectl('logs', pod.metadata.name, '-c', 'linkerd-proxy', '--timestamps');
  const certified = log.split('\n').find((line) => line.includes('"msg":"certificate"')) ?? '';
  expect(Date.parse(startOf('app')) + 1000).toBeGreaterThanOrEqual(Date.parse(certified.split(' ', 1)[0] ?? ''));
  await space.kubectl('delete', 'pod', pod.metadata.name, '--timeout=25s');
});

interface Started {
  readonly status: {
    readonly containerStatuses: readonly {
      readonly name: string;
      readonly state: { readonly running?: { readonly startedAt: string } };
    }[];
  };
}

test.each([
  ['DaemonSet', 'agent', 'daemonset'],
  ['Job', 'migrate', 'job'],
  ['CronJob', 'report', 'cronjob'],
])('a pod of a %s has a proxy, and the name of its owner', async (_, name, kind) => {
  await expect.poll(() => space.kubectl('get', 'pods', '-l', `app=${name}`, '-o', 'name'), poll).not.toBe('');
  const pod = await space.pod(`app=${name}`);
  expect(namesOf(pod)).toEqual(['linkerd-init', 'linkerd-proxy', 'app']);
  expect(pod.metadata.labels).toMatchObject({ [`linkerd.io/proxy-${kind}`]: name });
});

/** A CronJob begins at the next full minute. */
const poll = { timeout: 90_000, interval: 1_000 };

test('Jobs complete', async () => {
  await space.waitFor('condition=Complete', 'job/migrate', 60);
});

/** What the API server would make of a pod; nothing is made. */
const tryPod = async (parts: { annotations?: Manifest; spec?: Manifest; container?: Manifest }) => {
  const container = { name: 'app', image: imageOf('e2e'), ...parts.container };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'bare', annotations: parts.annotations ?? {} },
    spec: { containers: [container], ...parts.spec },
  };
  const args = ['-n', space.namespace, 'create', '--dry-run=server', '-o', 'json', '-f', '-'];
  return tryKubectl(args, { input: JSON.stringify(pod) });
};
const config = (name: string, value: string): Manifest => ({ [`config.linkerd.io/${name}`]: value });

describe('is refused, and says why:', () => {
  test.each([
    [
      'a container with the user of the proxy',
      { container: asUser(2102) },
      "container app runs as the proxy's user 2102",
    ],
    ['a pod with the user of the proxy', { spec: asUser(2102) }, "runs as the proxy's user 2102"],
    [
      'a user that an annotation gives to the proxy',
      { annotations: config('proxy-uid', '1000'), container: asUser(1000) },
      "the proxy's user 1000",
    ],
    [
      'an annotation of another form',
      { annotations: config('skip-inbound-ports', 'all') },
      'is "all", which is not a list of ports',
    ],
    ['a port used twice', { annotations: config('admin-port', '4143') }, 'give the proxy four different ports'],
    [
      'more than the limit',
      { annotations: { ...config('proxy-cpu-request', '2'), ...config('proxy-cpu-limit', '1') } },
      'is more than proxy-cpu-limit',
    ],
    [
      'what Linkerd’s proxy cannot do',
      {
        annotations: { ...config('proxy-image', 'cr.l5d.io/linkerd/proxy'), 'config.heddle.io/mesh-required': 'true' },
      },
      "mesh-required is unknown to Linkerd's proxy",
    ],
    [
      'a volume of the mesh',
      { spec: { volumes: [{ name: 'linkerd-identity-token', emptyDir: {} }] } },
      'bears a name of the mesh',
    ],
  ])('%s', async (_, parts, message) => {
    const { code, stderr } = await tryPod(parts);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

function asUser(runAsUser: number): Manifest {
  return { securityContext: { runAsUser } };
}

test('what is injected all the same, but should be known, is warned of', async () => {
  const { code, stdout, stderr } = await tryPod({
    annotations: config('skip-inbound-port', '1'),
    container: { securityContext: { capabilities: { add: ['NET_ADMIN'] } } },
  });
  expect(code).toBe(0);
  expect(stderr).toContain('Warning: annotation config.linkerd.io/skip-inbound-port of the pod is not known');
  expect(stderr).toContain('Warning: container app has NET_ADMIN');
  expect(namesOf(JSON.parse(stdout) as Pod)).toContain('linkerd-proxy');
});

test('a named port that is opaque is so by number for the proxy', async () => {
  const { stdout } = await tryPod({
    annotations: config('opaque-ports', 'db'),
    container: { ports: [{ name: 'db', containerPort: 15_432 }] },
  });
  const proxy = (JSON.parse(stdout) as WithEnvironment).spec.initContainers.find(
    ({ name }) => name === 'linkerd-proxy',
  );
  expect(proxy?.env).toContainEqual({
    name: 'LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION',
    value: '15432',
  });
});

interface WithEnvironment {
  readonly spec: {
    readonly initContainers: readonly {
      readonly name: string;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
}

test('a Service, and a pod without a proxy, say which of their ports are opaque', async () => {
  const { stdout } = await tryPod({
    annotations: { 'linkerd.io/inject': 'disabled' },
    container: { ports: [{ containerPort: 3306 }, { containerPort: 8080 }] },
  });
  expect((JSON.parse(stdout) as Pod).metadata.annotations).toMatchObject(config('opaque-ports', '3306'));
  await space.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db' },
    spec: { selector: { app: 'db' }, ports: [{ port: 3306 }] },
  });
  const service = await getJson<Pod>(['-n', space.namespace, 'service', 'db']);
  expect(service.metadata.annotations).toMatchObject(config('opaque-ports', '3306'));
});

test('a certificate is told of its ServiceAccount', async () => {
  const events = await space.kubectl('get', 'events', '--field-selector', 'reason=IssuedLeafCertificate', '-o', 'name');
  expect(events).toMatch(/^event\/(?:agent|classic|migrate)[.-]/m);
});
