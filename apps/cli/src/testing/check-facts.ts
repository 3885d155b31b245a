/** Facts of a cluster in which all is well, for tests to break one thing at a time. */
import { createHash } from 'node:crypto';
import { encodePem, encodePkcs8Pem } from '@heddle/pki';
import { type CertificateMill, createCertificateMill } from '@heddle/testkit';
import type { ClusterFacts, Known } from '../check/facts.ts';
import { livePod } from './fake-cluster.ts';

export const nowMs = Date.parse('2026-11-28T12:00:00Z');
const dayMs = 86_400_000;

export const known = <T>(value: T): Known<T> => ({ kind: 'known', value });
export const unknown: Known<never> = { kind: 'unknown', reason: 'GET /x: 403 forbidden' };

/** An anchor and an issuer that began an hour ago and live for so many days. */
export const mill: CertificateMill = createCertificateMill({ nowMs });

const issuerFiles = (lifetimeDays: number, ageDays: number) => {
  const issuer = mill.anotherIssuer({ lifetimeMs: lifetimeDays * dayMs, nowMs: nowMs - ageDays * dayMs });
  return {
    certificatePem: encodePem([issuer.certificate]),
    keyPem: encodePkcs8Pem(issuer.key),
    caPem: mill.trustAnchorsPem,
  };
};

/** An issuer of a mill that began when it did. */
export const agedIssuer = (lifetimeDays: number, ageDays: number): Pick<ClusterFacts, 'issuer' | 'trustRoots'> => {
  const old = createCertificateMill({ nowMs: nowMs - ageDays * dayMs });
  const issuer = old.anotherIssuer({ lifetimeMs: lifetimeDays * dayMs, nowMs: nowMs - ageDays * dayMs });
  return {
    trustRoots: known(old.trustAnchorsPem),
    issuer: known({
      certificatePem: encodePem([issuer.certificate]),
      keyPem: encodePkcs8Pem(issuer.key),
      caPem: '',
    }),
  };
};

const component = (name: string) => ({
  kind: 'Deployment',
  metadata: {
    name: `linkerd-${name}`,
    namespace: 'linkerd',
    labels: { 'linkerd.io/control-plane-component': name, 'app.kubernetes.io/version': '0.0.0-source' },
  },
  spec: { replicas: 2 },
  status: { readyReplicas: 2, updatedReplicas: 2 },
});

const definition = (name: string, ...versions: readonly string[]) => ({
  metadata: { name },
  spec: { versions: versions.map((version) => ({ name: version, served: true })) },
  status: { conditions: [{ type: 'Established', status: 'True' }] },
});

export const hook = mill.leaf('linkerd-proxy-injector.linkerd.svc', { lifetimeMs: 365 * dayMs });

export const injectorWebhook = (failurePolicy = 'Fail', caPem = mill.trustAnchorsPem) => ({
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'linkerd-proxy-injector-webhook-config' },
  webhooks: [
    {
      name: 'linkerd-proxy-injector.linkerd.io',
      failurePolicy,
      clientConfig: {
        service: { name: 'linkerd-proxy-injector', namespace: 'linkerd' },
        caBundle: Buffer.from(caPem).toString('base64'),
      },
      rules: [{ resources: ['pods'] }],
    },
  ],
});

const namespace = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations },
});

export const healthy: ClusterFacts = {
  nowMs,
  version: '0.0.0-source',
  linkerdNamespace: 'linkerd',
  dataPlaneNamespace: undefined,
  serverVersion: known('v1.34.1'),
  namespaces: known([namespace('linkerd'), namespace('shop', { 'linkerd.io/inject': 'enabled' }), namespace('legacy')]),
  permissions: known([{ what: 'namespaces', isAllowed: true }]),
  nodeLeases: known([{ metadata: { name: 'node-1' }, spec: { renewTime: new Date(nowMs - 9_000).toISOString() } }]),
  definitions: known([
    definition('servers.policy.linkerd.io', 'v1beta1', 'v1beta2', 'v1beta3'),
    definition('httproutes.policy.linkerd.io', 'v1beta1', 'v1beta2', 'v1beta3'),
    ...[
      'authorizationpolicies',
      'meshtlsauthentications',
      'networkauthentications',
      'httplocalratelimitpolicies',
      'egressnetworks',
    ].map((plural) => definition(`${plural}.policy.linkerd.io`, 'v1alpha1')),
    definition('serverauthorizations.policy.linkerd.io', 'v1beta1'),
    definition('externalworkloads.workload.linkerd.io', 'v1beta1'),
    definition('serviceprofiles.linkerd.io', 'v1alpha2'),
  ]),
  nodes: known([{ metadata: { name: 'node-1' }, spec: { podCIDRs: ['10.244.0.0/24'] } }]),
  services: known([{ metadata: { name: 'web', namespace: 'shop' }, spec: { clusterIPs: ['10.96.0.7'] } }]),
  pods: known([livePod('web-1', { annotations: { 'linkerd.io/trust-root-sha256': trustRootDigest() } })]),
  servers: known([]),
  deployments: known(['identity', 'destination', 'proxy-injector'].map(component)),
  disruptionBudgets: known(
    ['identity', 'destination', 'proxy-injector'].map((name) => ({
      spec: { selector: { matchLabels: { 'linkerd.io/control-plane-component': name } } },
    })),
  ),
  clusterRoles: known(
    ['identity', 'destination', 'proxy-injector'].map((name) => ({ metadata: { name: `linkerd-linkerd-${name}` } })),
  ),
  webhooks: known([injectorWebhook()]),
  webhookCertificates: new Map([
    [
      'linkerd-proxy-injector',
      known({ certificatePem: hook.chainPem, keyPem: hook.keyPem, caPem: mill.trustAnchorsPem }),
    ],
  ]),
  values: known({ clusterNetworks: '10.0.0.0/8', proxy: { defaultInboundPolicy: 'all-authenticated' } }),
  trustRoots: known(mill.trustAnchorsPem),
  issuer: known(issuerFiles(300, 0)),
  proxyMetrics: new Map([
    [
      'shop/web-1',
      known('tcp_open_total{direction="inbound",peer="src",target_port="80",tls="true",client_id="a"} 4\n'),
    ],
  ]),
  proxiesNotAsked: 0,
};

/** As the injector writes it onto pods. */
export function trustRootDigest(): string {
  return createHash('sha256').update(mill.trustAnchorsPem).digest('hex');
}
