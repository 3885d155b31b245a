import { describe, expect, test } from 'vitest';
import { healthy, known, trustRootDigest, unknown } from '../testing/check-facts.ts';
import { livePod } from '../testing/fake-cluster.ts';
import { dataPlane } from './categories/data-plane.ts';
import type { Finding } from './check.ts';
import type { ClusterFacts } from './facts.ts';

type Manifest = Readonly<Record<string, unknown>>;

const [check] = dataPlane.checks.filter(({ name }) => name.includes('HTTPS'));
const find = (facts: Partial<ClusterFacts>): Finding | undefined => check?.run({ ...healthy, ...facts });

const https = (more: Manifest = {}) => ({ httpGet: { scheme: 'HTTPS', path: '/ready', port: 8443, ...more } });
const ports = [{ name: 'tls', containerPort: 8443 }];
const config = (name: string, value: string) => ({ [`config.linkerd.io/${name}`]: value });
const policy = (name: string) => config('default-inbound-policy', name);

interface Parts {
  readonly probes?: Manifest;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isMeshed?: boolean;
  readonly namespace?: string;
  /** Empty: it has no node yet. */
  readonly node?: string;
}

const probed = ({ probes = { readinessProbe: https() }, node = '192.0.2.7', ...more }: Parts = {}) => {
  const pod = livePod('web-1', {
    labels: { app: 'web' },
    containers: [
      { name: 'other', ports: [{ name: 'tls', containerPort: 9443 }] },
      { name: 'app', ports, ...probes },
    ],
    ...more,
  });
  const status = { ...(pod['status'] as Manifest), ...(node !== '' && { hostIP: node }) };
  return { ...pod, status };
};

const server = (spec: Manifest = {}, namespace = 'shop') => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: 'web-tls', namespace, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, port: 'tls', proxyProtocol: 'TLS', ...spec },
});
const shop = (annotations: Readonly<Record<string, string>>) =>
  known([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', annotations } }]);

const named = (calls = 'container app, port 8443: readinessProbe', by = 'all-authenticated') => [
  `shop/web-1: ${calls} over HTTPS, which default policy ${by} refuses`,
];

describe('pods whose probes over HTTPS are refused are named', () => {
  test.each<[string, Parts, Partial<ClusterFacts>, readonly string[]]>([
    ['by the default of the install', {}, {}, named()],
    ['by the default, where the install sets none', {}, { values: known({}) }, named()],
    [
      'by the port’s name in its container',
      { probes: { startupProbe: https({ port: 'tls' }) } },
      {},
      named('container app, port 8443: startupProbe'),
    ],
    [
      'with all that asks',
      { probes: { livenessProbe: https(), readinessProbe: https(), lifecycle: { preStop: https({ port: 9443 }) } } },
      {},
      [
        ...named('container app, port 8443: livenessProbe, readinessProbe'),
        ...named('container app, port 9443: preStop'),
      ],
    ],
    ['not without HTTPS', { probes: { readinessProbe: https({ scheme: 'HTTP' }) } }, {}, []],
    ['not when another host is asked', { probes: { readinessProbe: https({ host: 'a.example.com' }) } }, {}, []],
    [
      'not by a name that is another container’s',
      { probes: { ports: [], readinessProbe: https({ port: 'tls' }) } },
      {},
      [],
    ],
    ['not outside the mesh', { isMeshed: false }, {}, []],
    ['not before there is a node', { node: '' }, {}, []],
    ['not in another namespace than the one looked at', {}, { dataPlaneNamespace: 'legacy' }, []],

    ['under the default of the pod', { annotations: policy('deny') }, {}, named(undefined, 'deny')],
    ['not under an open default of the pod', { annotations: policy('all-unauthenticated') }, {}, []],
    ['not under audit of the namespace', {}, { namespaces: shop(policy('audit')) }, []],
    [
      'not under an open default of the install',
      {},
      { values: known({ proxy: { defaultInboundPolicy: 'audit' } }) },
      [],
    ],
    [
      'not from a node that is in the cluster’s networks',
      { annotations: policy('cluster-unauthenticated'), node: '10.1.0.7' },
      {},
      [],
    ],
    [
      'from a node that is not',
      { annotations: policy('cluster-unauthenticated') },
      {},
      named(undefined, 'cluster-unauthenticated'),
    ],
    [
      'on a port that requires an identity',
      { annotations: { ...policy('audit'), ...config('proxy-require-identity-inbound-ports', 'tls') } },
      {},
      named(),
    ],

    ['not on a skipped port', { annotations: config('skip-inbound-ports', '25,8000-9000') }, {}, []],
    ['not on a port that the install skips', {}, { values: known({ proxyInit: { ignoreInboundPorts: '8443' } }) }, []],
    ['not from a skipped network', { annotations: config('skip-subnets', '192.0.2.0/24') }, {}, []],

    ['not where a Server selects the port', {}, { servers: known([server()]) }, []],
    ['not where it does so by number', {}, { servers: known([server({ port: 8443 })]) }, []],
    ['where a Server selects another port', {}, { servers: known([server({ port: 8080 })]) }, named()],
    [
      'where a Server selects other pods',
      {},
      { servers: known([server({ podSelector: { matchLabels: { app: 'api' } } })]) },
      named(),
    ],
    ['where a Server is of another namespace', {}, { servers: known([server({}, 'legacy')]) }, named()],
  ])('%s', (_, parts, facts, expected) => {
    const finding = find({ pods: known([probed(parts)]), ...facts });
    expect(finding).toEqual(
      expected.length === 0
        ? { kind: 'ok' }
        : { kind: 'warning', lines: expected, hint: expect.stringContaining('NetworkAuthentication') as string },
    );
  });
});

test('Servers that may not be listed matter only where there is such a probe', () => {
  expect(find({ pods: known([probed()]), servers: unknown })).toMatchObject({ kind: 'error' });
  const pods = known([livePod('web-1', { annotations: { 'linkerd.io/trust-root-sha256': trustRootDigest() } })]);
  expect(find({ pods, servers: unknown })).toEqual({ kind: 'ok' });
});
