import { applyPatch } from 'rfc6902';
import { describe, expect, test } from 'vitest';
import { everyAnnotation } from '../testing/golden-cases.ts';
import { installFrom } from '../testing/install.ts';
import { container, type PodParts, podFrom, tcp } from '../testing/pods.ts';
import { injectPod } from './inject-pod.ts';
import type { Outcome } from './outcome.ts';
import { readPod } from './pod-view.ts';
import { definitions } from './settings/definitions.ts';
import { inheritedFrom } from './settings/resolve-settings.ts';

interface Extras {
  readonly namespace?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly values?: object;
}

const inject = (parts: PodParts, { namespace = {}, owner, values }: Extras = {}): Outcome =>
  injectPod(
    {
      pod: readPod(podFrom(parts)),
      namespace: { name: 'shop', annotations: { 'linkerd.io/inject': 'enabled', ...namespace } },
      owner,
    },
    installFrom(values),
  );

const config = (name: string, value: string) => ({ [`config.linkerd.io/${name}`]: value });

interface InjectedPod {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly initContainers: readonly { readonly image: string; readonly env?: readonly object[] }[] };
}

const injected = (parts: PodParts, extras: Extras = {}): InjectedPod => {
  const outcome = inject(parts, extras);
  if (outcome.kind !== 'inject') throw new Error(JSON.stringify(outcome));
  const pod = podFrom(parts);
  applyPatch(pod, [...outcome.patch]);
  return pod as InjectedPod;
};

const variable = (pod: InjectedPod, name: string): object | undefined =>
  pod.spec.initContainers[1]?.env?.find((each) => (each as { name: string }).name === name);

describe('a wrong annotation', () => {
  test.each([
    ['proxy-uid', '0', 'a whole number from 1 to 2147483647'],
    ['proxy-uid', 'root', 'a whole number'],
    ['inbound-port', '65536', 'a port, a number from 1 to 65535'],
    ['inbound-port', '', 'a port'],
    ['skip-inbound-ports', '25,x', 'a list of ports and ranges, as in 25,4000-4010: see "x"'],
    ['skip-outbound-ports', '9-1', 'a list of ports and ranges'],
    ['opaque-ports', '25,Not_A_Name', 'a list of ports, ranges and names of ports'],
    ['skip-subnets', '10.0.0.0/33', 'a list of networks'],
    ['proxy-cpu-request', '1 core', 'an amount, as in 100m'],
    ['proxy-cpu-ratio-limit', '2', 'a share above 0 and up to 1'],
    ['proxy-image', 'no image', 'the name of an image'],
    ['proxy-version', 'a:b', 'a version of an image'],
    ['image-pull-policy', 'Sometimes', 'one of Always, IfNotPresent, Never'],
    ['default-inbound-policy', 'all-authentic', 'one of all-unauthenticated'],
    ['proxy-log-format', 'xml', 'one of plain, json'],
    ['proxy-outbound-connect-timeout', '5', 'a duration; write a number and a unit'],
    ['proxy-await', 'maybe', 'a switch; write true or false'],
    ['close-wait-timeout', 'soon', 'a duration'],
    ['proxy-additional-env', '{"A":"b"}', 'a JSON list of variables'],
    ['proxy-additional-env', '[{"name":"A","value":1}]', 'entry 0 (A) has a value that is not a string; quote it'],
    ['proxy-additional-env', '[{"name":"A","valueForm":{}}]', 'entry 0 (A) has the unknown field "valueForm"'],
  ])('%s: %j refuses the pod', (name, value, expected) => {
    for (const [whose, outcome] of [
      ['pod', inject({ annotations: config(name, value) })],
      ['namespace', inject({}, { namespace: config(name, value) })],
    ] as const) {
      expect(outcome).toEqual({ kind: 'refuse', message: expect.stringContaining(expected) });
      const message = outcome.kind === 'refuse' ? outcome.message : '';
      expect(message).toContain(`annotation config.linkerd.io/${name} of the ${whose} is ${JSON.stringify(value)}`);
    }
  });

  test('of the namespace does not matter where the pod has a good one', () => {
    expect(inject({ annotations: config('proxy-uid', '3000') }, { namespace: config('proxy-uid', 'x') }).kind).toBe(
      'inject',
    );
  });

  test('is told with all others', () => {
    const outcome = inject({ annotations: { ...config('proxy-uid', 'x'), ...config('admin-port', 'y') } });
    expect(outcome).toMatchObject({ message: expect.stringMatching(/admin-port.*; .*proxy-uid/) });
  });

  test('that nobody knows is warned of', () => {
    expect(inject({ annotations: config('skip-inbound-port', '25') })).toMatchObject({
      kind: 'inject',
      warnings: ['annotation config.linkerd.io/skip-inbound-port of the pod is not known and has no effect'],
    });
  });
});

describe('settings that do not go together', () => {
  test.each([
    [config('admin-port', '4143'), 'inbound-port and admin-port are both 4143'],
    [{ ...config('proxy-memory-request', '1Gi'), ...config('proxy-memory-limit', '512Mi') }, 'is more than'],
    [config('close-wait-timeout', '10s'), 'proxyInit.runAsRoot=true'],
  ])('%j', (annotations, expected) => {
    expect(inject({ annotations })).toEqual({ kind: 'refuse', message: expect.stringContaining(expected) });
  });
});

describe('precedence', () => {
  test('is pod over namespace over install', () => {
    const values = { proxy: { logLevel: 'error', image: { name: 'from/values' } } };
    const namespace = { ...config('proxy-log-level', 'info'), ...config('proxy-image', 'from/namespace') };
    const pod = injected({ annotations: config('proxy-image', 'from/pod:1') }, { namespace, values });
    expect(pod.spec.initContainers[1]?.image).toBe('from/pod:1');
    expect(variable(pod, 'LINKERD2_PROXY_LOG')).toMatchObject({ value: expect.stringMatching(/^info,/) });
    expect(variable(injected({}, { values }), 'LINKERD2_PROXY_LOG')).toMatchObject({
      value: expect.stringMatching(/^error,/),
    });
  });

  test('an empty list is a list', () => {
    const pod = injected({ annotations: config('opaque-ports', '') }, { namespace: config('opaque-ports', '25') });
    expect(variable(pod, 'LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION')).toBeUndefined();
    expect(pod.metadata.annotations['config.linkerd.io/opaque-ports']).toBe('');
  });

  test('additional variables are merged by name', () => {
    const env = (...pairs: [string, string][]) => JSON.stringify(pairs.map(([name, value]) => ({ name, value })));
    const pod = injected(
      { annotations: config('proxy-additional-env', env(['C', 'pod'], ['LINKERD2_PROXY_LOG', 'trace'])) },
      {
        namespace: config('proxy-additional-env', env(['B', 'namespace'], ['C', 'namespace'])),
        values: { proxy: { additionalEnv: JSON.parse(env(['A', 'values'], ['B', 'values'])) as object } },
      },
    );
    const named = ['A', 'B', 'C', 'LINKERD2_PROXY_LOG'].map((name) => variable(pod, name));
    expect(named).toMatchObject(['values', 'namespace', 'pod', 'trace'].map((value) => ({ value })));
  });

  test('a newer spelling on the namespace does not undo an older one on the pod', () => {
    const own = { 'config.alpha.linkerd.io/proxy-enable-native-sidecar': 'false' };
    const outcome = inject({ annotations: own }, { namespace: config('proxy-enable-native-sidecar', 'true') });
    const paths = outcome.kind === 'inject' ? outcome.patch.map(({ path }) => path) : [];
    expect(paths).toContain('/spec/containers/0');
    expect(paths).not.toContain('/metadata/annotations/config.linkerd.io~1proxy-enable-native-sidecar');
  });
});

describe('every annotation', () => {
  const all = Object.values(definitions).flatMap(({ annotations }) => [...annotations]);

  test('is inherited from the namespace', () => {
    const namespace = Object.fromEntries(all.map((name) => [name, 'x']));
    expect(inheritedFrom(namespace, {})).toEqual(namespace);
  });

  test('is in the golden file', () => {
    const elsewhere = /^config\.(?:alpha|beta)\.linkerd\.io/;
    expect(all.filter((name) => !elsewhere.test(name)).toSorted()).toEqual(Object.keys(everyAnnotation).toSorted());
  });
});

describe('labels', () => {
  test.each([
    ['Deployment', 'web', { 'linkerd.io/proxy-deployment': 'web' }],
    ['ReplicationController', 'web', { 'linkerd.io/proxy-replicationcontroller': 'web' }],
    ['CronJob', 'report', { 'linkerd.io/proxy-cronjob': 'report' }],
    ['Rollout', 'web', {}],
    ['Deployment', 'w'.repeat(64), {}],
  ])('of a pod of %s %s', (kind, name, expected) => {
    const { metadata } = injected({}, { owner: { kind, name } });
    expect(metadata.labels).toEqual({
      'linkerd.io/control-plane-ns': 'linkerd',
      'linkerd.io/workload-ns': 'shop',
      ...expected,
    });
  });
});

describe('ports that only the install names', () => {
  const values = {
    proxy: { requireIdentityOnInboundPorts: '8443' },
    proxyInit: { ignoreInboundPorts: '4567,9000-9010' },
  };
  const said = {
    ...config('proxy-require-identity-inbound-ports', '8443'),
    ...config('skip-inbound-ports', '4567,9000-9010'),
  };

  test('are written on the pod, where destination reads them', () => {
    expect(injected({}, { values }).metadata.annotations).toMatchObject(said);
  });

  test.each([
    ['the pod', { annotations: config('skip-inbound-ports', '') }, {}, ''],
    ['the namespace', {}, config('skip-inbound-ports', '99'), '99'],
  ])('but not over those of %s', (_, parts, namespace, expected) => {
    expect(injected(parts, { namespace, values }).metadata.annotations).toMatchObject({
      ...said,
      ...config('skip-inbound-ports', expected),
    });
  });

  test('and not where they are as always', () => {
    expect(Object.keys(injected({}).metadata.annotations ?? {})).not.toContain('config.linkerd.io/skip-inbound-ports');
  });
});

describe('the user of the proxy', () => {
  const asUser = (user: number) => ({ securityContext: { runAsUser: user } });
  test.each([
    ['of a container', { containers: [container('web', asUser(2102))] }, 'container web runs as'],
    ['of an init container', { spec: { initContainers: [container('init', asUser(2102))] } }, 'container init runs as'],
    ['of the pod', { spec: asUser(2102) }, 'container web runs as'],
    [
      'chosen by annotation',
      { annotations: config('proxy-uid', '1000'), spec: asUser(1000) },
      "container web runs as the proxy's user 1000",
    ],
    [
      'as a group',
      {
        annotations: config('proxy-gid', '3000'),
        spec: { securityContext: { runAsUser: 1, runAsGroup: 3000 } },
      },
      "container web runs as the proxy's group 3000",
    ],
  ] as const)('%s is refused', (_, parts, expected) => {
    expect(inject(parts as PodParts)).toEqual({ kind: 'refuse', message: expect.stringContaining(expected) });
  });

  test('of the pod may be overridden by each container', () => {
    const parts = { spec: asUser(2102), containers: [container('web', asUser(1000))] };
    expect(inject(parts).kind).toBe('inject');
  });
});

describe('warnings', () => {
  test.each([
    [
      'UDP',
      { containers: [container('dns', { ports: [{ containerPort: 53, protocol: 'UDP' }] })] },
      'UDP port 53 of container dns does not go through the proxy',
    ],
    [
      "the proxy's own ports",
      { containers: [container('web', { ports: [tcp(4191)] })] },
      "port 4191 is the proxy's too; set config.linkerd.io/admin-port to another one",
    ],
    [
      'somebody else’s image',
      { annotations: config('proxy-image', 'other/proxy') },
      'image other/proxy gets the version of the install; set config.linkerd.io/proxy-version',
    ],
    [
      'a wait that has no effect',
      { annotations: { 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds': '5' } },
      'proxy-wait-before-exit-seconds has no effect: a native sidecar ends after the containers',
    ],
    [
      'a user that an image may have',
      { annotations: config('proxy-uid', '1000') },
      "a container without runAsUser could run as 1000, the proxy's user, and pass by the mesh; set runAsUser",
    ],
    [
      'a container that may change the rules',
      { containers: [container('vpn', { securityContext: { capabilities: { add: ['CAP_NET_ADMIN'] } } })] },
      'container vpn has NET_ADMIN, so it can take its traffic around the proxy',
    ],
    [
      'a container that may do everything',
      { spec: { initContainers: [container('setup', { securityContext: { privileged: true } })] } },
      'container setup is privileged, so it can take its traffic around the proxy',
    ],
    [
      'a setting of another proxy',
      { annotations: config('enable-gateway', 'true') },
      'annotation config.linkerd.io/enable-gateway has no effect on this proxy: it is no multicluster gateway',
    ],
    [
      'another way to route',
      { annotations: { 'linkerd.io/inject': 'ingress' } },
      'linkerd.io/inject: ingress is as enabled to this proxy: it routes by where connections go',
    ],
  ])('%s', (_, parts, warning) => {
    expect(inject(parts)).toMatchObject({ kind: 'inject', warnings: [warning] });
  });

  test('a value of linkerd.io/inject that nobody knows', () => {
    expect(inject({ annotations: { 'linkerd.io/inject': 'enable' } })).toMatchObject({
      kind: 'skip',
      warnings: [expect.stringContaining('none of enabled, disabled and ingress')],
    });
  });
});

describe("Linkerd's own proxy", () => {
  const linkerds = { ...config('proxy-image', 'registry.example.com/linkerd/proxy:edge-26.8.3') };

  test('does what is said to it alone, without a warning', () => {
    const annotations = { ...linkerds, ...config('enable-gateway', 'true'), 'linkerd.io/inject': 'ingress' };
    expect(inject({ annotations })).toMatchObject({ kind: 'inject', warnings: [] });
  });

  test.each([
    ['the pod', { 'config.heddle.io/mesh-required': 'true' }, {}],
    ['the install', {}, { proxy: { meshRequired: true } }],
  ])('is refused where %s asks for what it cannot do', (_, more, values) => {
    expect(inject({ annotations: { ...linkerds, ...more } }, { values })).toEqual({
      kind: 'refuse',
      message: expect.stringContaining("mesh-required is unknown to Linkerd's proxy") as string,
    });
  });
});

test.each([
  ['volume', { spec: { volumes: [{ name: 'linkerd-identity-token' }] } }],
  ['container', { annotations: config('enable-debug-sidecar', 'true'), containers: [container('linkerd-debug')] }],
])('a %s with a name of the mesh is refused', (what, parts) => {
  const message = expect.stringMatching(new RegExp(`${what} linkerd-.* bears a name of the mesh`)) as string;
  expect(inject(parts)).toEqual({ kind: 'refuse', message });
});
