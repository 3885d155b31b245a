/** The cases of the golden files: one kind of pod each. */
import type { Owner } from '../inject/outcome.ts';
import { container, podFrom, tcp } from './pods.ts';

export interface GoldenCase {
  readonly name: string;
  readonly pod: object;
  readonly owner?: Owner;
  /** Of the namespace; by default it asks for injection. */
  readonly namespace?: Readonly<Record<string, string>>;
  readonly values?: object;
}

const enabled = { 'linkerd.io/inject': 'enabled' };

const workloads: readonly GoldenCase[] = [
  {
    name: 'deployment',
    pod: podFrom({ labels: { app: 'web', 'pod-template-hash': '5d4f8c7b9' } }),
    owner: { kind: 'Deployment', name: 'web' },
  },
  {
    name: 'stateful-set',
    pod: podFrom({
      labels: { app: 'db', 'statefulset.kubernetes.io/pod-name': 'db-0' },
      containers: [container('db', { ports: [tcp(5432, 'postgres'), tcp(9187, 'metrics')] })],
    }),
    owner: { kind: 'StatefulSet', name: 'db' },
  },
  {
    name: 'daemon-set',
    pod: podFrom({ spec: { tolerations: [{ operator: 'Exists' }] } }),
    owner: { kind: 'DaemonSet', name: 'node-agent' },
  },
  {
    name: 'job',
    pod: podFrom({ containers: [container('migrate')], spec: { restartPolicy: 'Never' } }),
    owner: { kind: 'Job', name: 'migrate' },
  },
  {
    name: 'cron-job',
    pod: podFrom({ containers: [container('report')], spec: { restartPolicy: 'OnFailure' } }),
    owner: { kind: 'CronJob', name: 'report' },
  },
  {
    name: 'bare-pod',
    // Nobody controls it, and its namespace does not ask: it asks for itself, and has no lists to add to.
    pod: {
      metadata: { name: 'shell', annotations: enabled },
      spec: { containers: [{ name: 'sh', image: 'busybox' }] },
    },
    namespace: {},
  },
];
const shapes: readonly GoldenCase[] = [
  {
    name: 'host-network',
    pod: podFrom({ containers: [container('redis', { ports: [tcp(6379)] })], spec: { hostNetwork: true } }),
  },
  {
    name: 'several-containers',
    pod: podFrom({
      containers: [
        container('web', { ports: [tcp(8080, 'http')] }),
        container('cache', { ports: [tcp(11_211)] }),
        container('shipper'),
      ],
    }),
  },
  {
    name: 'init-containers',
    pod: podFrom({ spec: { initContainers: [container('migrate'), container('warm', { restartPolicy: 'Always' })] } }),
  },
  {
    name: 'init-containers-classic',
    pod: podFrom({
      annotations: {
        'config.beta.linkerd.io/proxy-enable-native-sidecar': 'false',
        'config.alpha.linkerd.io/proxy-wait-before-exit-seconds': '30',
      },
      spec: { initContainers: [container('migrate')] },
    }),
  },
  {
    name: 'classic-without-await',
    pod: podFrom({
      annotations: {
        'config.linkerd.io/proxy-enable-native-sidecar': 'disabled',
        'config.linkerd.io/proxy-await': 'disabled',
      },
    }),
  },
  {
    name: 'existing-sidecar',
    pod: podFrom({ spec: { initContainers: [container('linkerd-proxy', { restartPolicy: 'Always' })] } }),
  },
  {
    name: 'named-ports',
    pod: podFrom({
      annotations: { 'config.linkerd.io/opaque-ports': 'mysql,9000-9010,absent' },
      containers: [container('db', { ports: [tcp(13_306, 'mysql'), tcp(8080, 'http')] })],
    }),
  },
  {
    name: 'udp-ports',
    pod: podFrom({
      containers: [container('dns', { ports: [tcp(53), { containerPort: 53, protocol: 'UDP', name: 'dns-udp' }] })],
    }),
  },
  { name: 'without-ipv6', pod: podFrom(), values: { disableIPv6: true } },
  { name: 'ipv6', pod: podFrom(), values: { clusterNetworks: 'fd00::/8', proxyInit: { skipSubnets: 'fd12::/16' } } },
  {
    name: 'proxy-user-in-container',
    pod: podFrom({ containers: [container('web', { securityContext: { runAsUser: 2102 } })] }),
  },
  {
    name: 'proxy-user-of-pod',
    pod: podFrom({ spec: { securityContext: { runAsUser: 2102 } } }),
  },
  {
    name: 'without-service-account-token',
    pod: podFrom({
      containers: [{ name: 'web', image: 'web:1' }],
      spec: { automountServiceAccountToken: false, volumes: null },
    }),
  },
];

const installs: readonly GoldenCase[] = [
  { name: 'cni', pod: podFrom(), values: { cniEnabled: true } },
  { name: 'ingress', pod: podFrom({ annotations: { 'linkerd.io/inject': 'ingress' } }) },
  {
    name: 'tracing',
    pod: podFrom({
      labels: { 'app.kubernetes.io/name': 'web', 'app.kubernetes.io/instance': 'shop-web' },
      annotations: { 'resource.opentelemetry.io/team': 'blue, green' },
    }),
    namespace: { ...enabled, 'resource.opentelemetry.io/env': 'test' },
    values: {
      proxy: {
        tracing: {
          enabled: true,
          collector: {
            endpoint: 'collector.tracing.svc.cluster.local:4317',
            meshIdentity: { serviceAccountName: 'collector', namespace: 'tracing' },
          },
        },
      },
    },
  },
  {
    name: 'linkerd-proxy-image',
    pod: podFrom({
      annotations: {
        'config.linkerd.io/proxy-image': 'cr.l5d.io/linkerd/proxy',
        'config.linkerd.io/proxy-version': 'edge-26.8.3',
      },
    }),
  },
  {
    name: 'privileged-init',
    pod: podFrom({ annotations: { 'config.linkerd.io/close-wait-timeout': '1h' } }),
    values: { proxyInit: { runAsRoot: true } },
  },
];

const every: Readonly<Record<string, string>> = {
  'proxy-image': 'registry.example.com:5000/mesh/proxy',
  'proxy-version': 'v9',
  'image-pull-policy': 'Always',
  'debug-image': 'registry.example.com/mesh/debug',
  'debug-image-version': 'v8',
  'debug-image-pull-policy': 'Never',
  'enable-debug-sidecar': 'true',
  'control-port': '5190',
  'inbound-port': '5143',
  'admin-port': '5191',
  'outbound-port': '5140',
  'pod-inbound-ports': '8080,9000-9002',
  'skip-inbound-ports': '22,7000-7010',
  'skip-outbound-ports': '25',
  'skip-subnets': '10.1.0.0/16, fd12::/16',
  'opaque-ports': '3306,http',
  'proxy-cpu-request': '100m',
  'proxy-cpu-limit': '1500m',
  'proxy-cpu-ratio-limit': '0.25',
  'proxy-memory-request': '64Mi',
  'proxy-memory-limit': '0.25Gi',
  'proxy-ephemeral-storage-request': '10M',
  'proxy-ephemeral-storage-limit': '20M',
  'proxy-uid': '3000',
  'proxy-gid': '3001',
  'proxy-require-identity-inbound-ports': '8080',
  'default-inbound-policy': 'deny',
  'proxy-log-level': 'info,linkerd=debug',
  'proxy-log-format': 'json',
  'proxy-log-http-headers': 'insecure',
  'access-log': 'json',
  'proxy-metrics-hostname-labels': 'true',
  'proxy-outbound-connect-timeout': '2500ms',
  'proxy-inbound-connect-timeout': '2s',
  'proxy-outbound-discovery-cache-unused-timeout': '10s',
  'proxy-inbound-discovery-cache-unused-timeout': '1m30s',
  'proxy-disable-outbound-protocol-detect-timeout': 'true',
  'proxy-disable-inbound-protocol-detect-timeout': 'true',
  'proxy-await': 'enabled',
  'proxy-enable-native-sidecar': 'true',
  'proxy-admin-shutdown': 'enabled',
  'shutdown-grace-period': '45s',
  'enable-external-profiles': 'true',
  'enable-gateway': 'true',
  'proxy-additional-env': '[{"name":"LINKERD2_PROXY_LOG_FORMAT","value":"plain"},{"name":"TEAM","value":"blue"}]',
};
export const everyAnnotation: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(every).map(([name, value]) => [`config.linkerd.io/${name}`, value])),
  'config.linkerd.io/close-wait-timeout': '10s',
  'config.heddle.io/mesh-required': 'true',
};

const annotations: readonly GoldenCase[] = [
  {
    name: 'every-annotation-of-the-pod',
    pod: podFrom({ annotations: everyAnnotation, spec: { securityContext: { runAsUser: 1000 } } }),
    values: { proxyInit: { runAsRoot: true } },
  },
  {
    name: 'every-annotation-of-the-namespace',
    pod: podFrom({ spec: { securityContext: { runAsUser: 1000 } } }),
    namespace: { ...enabled, ...everyAnnotation },
    values: { proxyInit: { runAsRoot: true } },
  },
];

export const goldenCases: readonly GoldenCase[] = [...workloads, ...shapes, ...installs, ...annotations].map(
  (each) => ({
    namespace: enabled,
    ...each,
  }),
);
