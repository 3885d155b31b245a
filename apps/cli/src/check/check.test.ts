import { createCertificateMill } from '@heddle/testkit';
import { expect, test } from 'vitest';
import {
  agedIssuer,
  healthy,
  hook,
  injectorWebhook,
  known,
  mill,
  nowMs,
  trustRootDigest,
  unknown,
} from '../testing/check-facts.ts';
import { goldenFile } from '../testing/command.ts';
import { livePod } from '../testing/fake-cluster.ts';
import { categories } from './categories.ts';
import type { ClusterFacts } from './facts.ts';
import { reportText } from './report.ts';
import { hasErrors, isWorthWaiting, runChecks } from './run-checks.ts';

/** Says that a proxy began with the bundle of now. */
const ofToday = { 'linkerd.io/trust-root-sha256': trustRootDigest() };
const everything = { isPre: false, isProxy: true };
const check = (facts: Partial<ClusterFacts>) => runChecks(categories, everything, { ...healthy, ...facts });

/** Names and lines of what was found wrong. */
const found = (facts: Partial<ClusterFacts>, mode = everything): readonly string[] =>
  runChecks(categories, mode, { ...healthy, ...facts }).flatMap(({ name, checks }) =>
    checks.flatMap(({ finding }) =>
      finding.kind === 'warning' || finding.kind === 'error'
        ? finding.lines.map((line) => `${finding.kind} ${name}: ${line}`)
        : [],
    ),
  );

test('in a healthy cluster nothing is found', async () => {
  expect(found({})).toEqual([]);
  expect(found({ values: known(undefined) }, { isPre: true, isProxy: false })).toEqual([]);
  await expect(reportText(check({}), 'table')).toMatchFileSnapshot(goldenFile('check-healthy'));
});

test.each<[string, Partial<ClusterFacts>, readonly (string | RegExp)[]]>([
  ['no API server', { serverVersion: unknown }, ['error kubernetes-api: GET /x: 403 forbidden']],
  ['an old cluster', { serverVersion: known('v1.28.9') }, [/^error kubernetes-version: it is v1.28.9; native/]],
  [
    'a missing and an old custom resource',
    { definitions: known([{ metadata: { name: 'servers.policy.linkerd.io' }, spec: { versions: [] } }]) },
    [
      /servers.policy.linkerd.io does not serve v1beta1, v1beta2, v1beta3/,
      ...Array(9).fill(/is missing$/),
      /servers.policy.linkerd.io is not established/,
    ],
  ],
  ['no install', { values: known(undefined) }, [/^error linkerd-existence: there is no ConfigMap linkerd-config/]],
  ['no namespace', { namespaces: known([]) }, ['error linkerd-existence: there is no namespace linkerd']],
  [
    'a Deployment that is not ready, another scaled down, a third gone',
    {
      deployments: known([
        {
          metadata: { name: 'linkerd-identity' },
          spec: { replicas: 2 },
          status: { readyReplicas: 1, updatedReplicas: 2 },
        },
        { metadata: { name: 'linkerd-destination' }, spec: { replicas: 0 } },
      ]),
    },
    [
      'error linkerd-existence: linkerd-identity: 1 of 2 replicas are ready, 2 are up to date',
      'error linkerd-existence: linkerd-destination is scaled to 0',
      'error linkerd-existence: there is no Deployment linkerd-proxy-injector',
    ],
  ],
  [
    'a network outside, a Service outside, a pod outside',
    { values: known({ clusterNetworks: '10.244.0.0/25' }) },
    [/^error .*: 10.244.0.0\/24 of node node-1/, /^error .*: 10.96.0.7 of Service shop\/web/],
  ],
  [
    'a webhook that fails open',
    { webhooks: known([injectorWebhook('Ignore')]) },
    [/^warning linkerd-config: .*pods start without a proxy/],
  ],
  ['no webhook', { webhooks: known([]) }, [/^error linkerd-config: no MutatingWebhookConfiguration/]],
  [
    'a webhook with the CA of another',
    { webhooks: known([injectorWebhook('Fail', createCertificateMill({ nowMs }).trustAnchorsPem)]) },
    [
      /^error linkerd-webhooks-and-apisvc-tls: linkerd-proxy-injector.linkerd.io: its certificate has no way to a trust anchor/,
    ],
  ],
  [
    'a webhook with the certificate of another and a key of a third',
    {
      webhookCertificates: new Map([
        [
          'linkerd-proxy-injector',
          known({ certificatePem: mill.leaf('other.linkerd.svc').chainPem, keyPem: hook.keyPem, caPem: '' }),
        ],
      ]),
    },
    [/is not for linkerd-proxy-injector.linkerd.svc/, /its key does not belong to its certificate/],
  ],
  [
    'a secret that may not be read',
    { issuer: unknown },
    [/could not be looked at/, /could not be looked at/, /could not be looked at/],
  ],
  ['no issuer', { issuer: known(undefined) }, [/^error linkerd-identity: there is no Secret linkerd-identity-issuer/]],
  [
    'anchors of another',
    { trustRoots: known(createCertificateMill({ nowMs }).trustAnchorsPem) },
    [/no way to a trust anchor/, /web-1 began with another bundle/],
  ],
  [
    'an open default',
    { values: known({ clusterNetworks: '10.0.0.0/8', proxy: { defaultInboundPolicy: 'all-unauthenticated' } }) },
    [/^warning linkerd-config: .*answer anybody/],
  ],
  [
    'an upgrade half done',
    { version: '0.2.0' },
    [
      ...Array(3).fill(/^warning control-plane-version: .* is 0.0.0-source/),
      /^warning linkerd-data-plane: shop\/web-1 has proxy/,
    ],
  ],
  [
    'one replica on three nodes',
    {
      nodes: known([{}, {}, {}]),
      deployments: known([
        {
          metadata: {
            name: 'linkerd-identity',
            labels: { 'linkerd.io/control-plane-component': 'identity', 'app.kubernetes.io/version': '0.0.0-source' },
          },
          spec: { replicas: 1 },
          status: { readyReplicas: 1, updatedReplicas: 1 },
        },
      ]),
    },
    [
      /there is no Deployment/,
      /there is no Deployment/,
      /^warning linkerd-ha-checks: linkerd-identity has one replica/,
    ],
  ],
])('%s', (_, facts, expected) => {
  const lines = found(facts);
  expect(lines).toEqual(expected.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))));
});

test.each<[string, ReturnType<typeof livePod>, string]>([
  ['unmeshed', livePod('a', { isMeshed: false }), 'error linkerd-data-plane: shop/a should have a proxy and has none'],
  [
    'unready',
    { ...livePod('a'), status: { phase: 'Running' } },
    'error linkerd-data-plane: shop/a: the proxy is not ready',
  ],
  [
    'skipping',
    livePod('a', { annotations: { 'config.linkerd.io/skip-inbound-ports': '3306' } }),
    'warning linkerd-data-plane: shop/a: skip-inbound-ports 3306',
  ],
  [
    'UDP',
    livePod('a', { containers: [{ name: 'dns', ports: [{ containerPort: 53, protocol: 'UDP' }] }] }),
    'warning linkerd-data-plane: shop/a: UDP port 53 of dns',
  ],
  [
    'NET_ADMIN',
    livePod('a', { containers: [{ name: 'vpn', securityContext: { capabilities: { add: ['CAP_NET_ADMIN'] } } }] }),
    'warning linkerd-data-plane: shop/a: container vpn has NET_ADMIN',
  ],
  [
    'privileged',
    livePod('a', { containers: [{ name: 'vpn', securityContext: { privileged: true } }] }),
    'warning linkerd-data-plane: shop/a: container vpn is privileged',
  ],
  [
    'the proxy’s user',
    livePod('a', { spec: { securityContext: { runAsUser: 2102 } } }),
    'warning linkerd-data-plane: shop/a: container app runs as 2102, the user of the proxy',
  ],
  [
    'a label',
    livePod('a', { labels: { 'linkerd.io/inject': 'enabled' } }),
    'warning linkerd-data-plane: pod shop/a: linkerd.io/inject is a label',
  ],
])('a pod with %s is named', (_, pod, expected) => {
  const annotations = { ...ofToday, ...(pod.metadata['annotations'] as Readonly<Record<string, string>>) };
  expect(found({ pods: known([{ ...pod, metadata: { ...pod.metadata, annotations } }]) })).toEqual([expected]);
});

test('pods that have ended, are of Kubernetes, or opted out are not missed', () => {
  const pods = [
    { ...livePod('job', { isMeshed: false }), status: { phase: 'Succeeded' } },
    livePod('dns', { isMeshed: false, namespace: 'kube-system' }),
    livePod('out', { isMeshed: false, annotations: { 'linkerd.io/inject': 'disabled' } }),
    livePod('host', { isMeshed: false, spec: { hostNetwork: true } }),
    livePod('old', { isMeshed: false, namespace: 'legacy' }),
  ];
  expect(found({ pods: known(pods) })).toEqual([]);
});

test('plaintext is named by both ends, as far as proxies know them; loopback and probes do not count', () => {
  const metrics = [
    'tcp_open_total{direction="inbound",peer="src",target_port="81",tls="no_identity",no_tls_reason="no_tls_from_remote"} 7',
    'inbound_http_authz_allow_total{target_port="81",tls="no_identity",authz_kind="default",authz_name="probe"} 7',
    'inbound_http_authz_allow_total{target_port="80",tls="no_identity",authz_kind="authorizationpolicy",authz_name="x"} 2',
    'tcp_open_total{direction="inbound",peer="src",target_port="80",tls="no_identity",no_tls_reason="no_tls_from_remote"} 2',
    'tcp_open_total{direction="inbound",peer="src",target_port="80",tls="no_identity",no_tls_reason="loopback"} 9',
    'tcp_open_total{direction="outbound",peer="dst",tls="no_identity",dst_service="db",dst_namespace="legacy"} 1',
    'tcp_open_total{direction="outbound",peer="src",tls="no_identity"} 5',
    'tcp_close_total{direction="outbound",peer="dst",tls="no_identity"} 1',
  ].join('\n');
  expect(
    found({
      proxyMetrics: new Map([
        ['shop/web-1', known(metrics)],
        ['shop/web-2', unknown],
      ]),
      proxiesNotAsked: 3,
    }),
  ).toEqual([
    'warning linkerd-data-plane: clients without an identity -> shop/web-1:80: 2 connections',
    'warning linkerd-data-plane: shop/web-1 -> db.legacy: 1 connection',
    'warning linkerd-data-plane: shop/web-2 did not tell: GET /x: 403 forbidden',
    'warning linkerd-data-plane: 3 more proxies were not asked; name a namespace with -n',
  ]);
});

test('Services and pods that disagree about opaque ports', () => {
  const annotations = (ports: string) => ({ 'config.linkerd.io/opaque-ports': ports });
  const service = {
    metadata: { name: 'db', namespace: 'shop', annotations: annotations('3306-3307') },
    spec: { selector: { app: 'db' }, ports: [{ port: 3306 }, { port: 3307 }] },
  };
  const pod = livePod('db-0', {
    isMeshed: false,
    labels: { app: 'db' },
    annotations: { ...annotations('3306'), 'linkerd.io/inject': 'disabled' },
  });
  expect(found({ services: known([service]), pods: known([pod]) })).toEqual([
    'warning linkerd-opaque-ports-definition: Service shop/db calls port 3307 opaque, pod shop/db-0 does not call 3307 so',
  ]);
});

test.each<[lifetimeDays: number, ageDays: number, isNearEnd: boolean]>([
  [2, 0, false],
  // cert-manager renews at 25 h of 48 h.
  [2, 0.96, false],
  [2, 1.5, false],
  [2, 1.7, true],
  [30, 20, false],
  [30, 25, true],
  [365, 300, false],
  [365, 306, true],
])('an issuer of %d days, after %d: near its end is %s', (lifetimeDays, ageDays, isNearEnd) => {
  const lines = found(agedIssuer(lifetimeDays, ageDays)).filter((line) => line.includes('CN=identity'));
  expect(lines).toEqual(
    isNearEnd ? [expect.stringMatching(/^error linkerd-identity: CN=identity\..* ends 20.*left$/)] : [],
  );
});

test('an expired issuer', () => {
  expect(found(agedIssuer(2, 3)).filter((line) => line.startsWith('error'))).toEqual([
    expect.stringMatching(/issuer certificate is expired/),
    expect.stringMatching(/CN=identity.* ended .* ago/),
  ]);
});

test('before an install: what is there already, what is not allowed, whose clock is off', () => {
  const mode = { isPre: true, isProxy: false };
  const renewTime = new Date(nowMs + 90_000).toISOString();
  const facts = {
    permissions: known([{ what: 'clusterroles', isAllowed: false }]),
    nodeLeases: known([{ metadata: { name: 'node-1' }, spec: { renewTime } }]),
  };
  expect(found(facts, mode)).toEqual([
    'error pre-kubernetes-setup: namespace linkerd has a ConfigMap linkerd-config',
    'error pre-kubernetes-setup: you may not create clusterroles',
    'error pre-kubernetes-setup: node node-1 is 90 s ahead of this machine',
  ]);
});

test('waiting helps only while all that is wrong may mend itself', () => {
  const unready = { pods: known([{ ...livePod('a'), status: { phase: 'Running' } }]) };
  expect(isWorthWaiting(check({}))).toBe(false);
  expect(isWorthWaiting(check(unready))).toBe(true);
  expect(isWorthWaiting(check({ ...unready, issuer: known(undefined) }))).toBe(false);
});

test('forms of the report', async () => {
  const results = check({ issuer: known(undefined), webhooks: known([injectorWebhook('Ignore')]) });
  expect(hasErrors(results)).toBe(true);
  await expect(reportText(results, 'short')).toMatchFileSnapshot(goldenFile('check-short'));
  expect(JSON.parse(reportText(results, 'json'))).toMatchObject({
    success: false,
    categories: expect.arrayContaining([
      {
        categoryName: 'kubernetes-api',
        checks: [{ description: 'can query the Kubernetes API', result: 'success', note: 'v1.34.1' }],
      },
    ]),
  });
});
