/** The few kinds of objects that scenarios are made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './kubectl.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

export const imageOf = (name: string): string => `heddle/${name}:${version}`;

export interface WorkloadOptions {
  readonly name: string;
  readonly replicas?: number;
  /** Of the container, `app` in the e2e image; serves when absent. */
  readonly args?: readonly string[];
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: Readonly<Record<string, number>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly container?: Manifest;
  readonly pod?: Manifest;
}

export const httpPort = 8080;
export const grpcPort = 9090;

/** Template of a pod with one container, `app`, and a ServiceAccount of the same name. */
export const podTemplate = (options: WorkloadOptions): Manifest => ({
  metadata: { labels: { app: options.name, ...options.labels }, annotations: options.annotations ?? {} },
  spec: {
    serviceAccountName: options.name,
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        name: 'app',
        image: options.image ?? imageOf('e2e'),
        args: options.args ?? ['serve'],
        env: Object.entries(options.env ?? {}).map(([name, value]) => ({ name, value })),
        ports: Object.entries(options.ports ?? { http: httpPort, grpc: grpcPort }).map(([name, containerPort]) => ({
          name,
          containerPort,
        })),
        ...options.container,
      },
    ],
    ...options.pod,
  },
});

export const serviceAccount = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
});

export const deployment = (options: WorkloadOptions): readonly Manifest[] => [
  serviceAccount(options.name),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: options.name },
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: { app: options.name } },
      template: podTemplate(options),
    },
  },
];

export const readyWhen = (path: string): Manifest => ({
  readinessProbe: { httpGet: { path, port: 'http' }, periodSeconds: 1 },
});

export const service = (
  name: string,
  ports: Readonly<Record<string, number>> = { http: httpPort, grpc: grpcPort },
  spec: Manifest = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: {
    selector: { app: name },
    ports: Object.entries(ports).map(([portName, port]) => ({ name: portName, port, targetPort: portName })),
    ...spec,
  },
});

export const server = (app: string, spec: Manifest = {}): Manifest => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: app },
  spec: { podSelector: { matchLabels: { app } }, port: 'http', proxyProtocol: 'HTTP/1', ...spec },
});

/** Lets ServiceAccounts of the same namespace, and nobody else by this, through to a Server or a route. */
export const allow = (
  target: string,
  accounts: readonly string[],
  kind: 'Server' | 'HTTPRoute' = 'Server',
): readonly Manifest[] => {
  const name = `${target}-callers`;
  return [
    {
      apiVersion: 'policy.linkerd.io/v1alpha1',
      kind: 'MeshTLSAuthentication',
      metadata: { name },
      spec: { identityRefs: accounts.map((account) => ({ kind: 'ServiceAccount', name: account })) },
    },
    {
      apiVersion: 'policy.linkerd.io/v1alpha1',
      kind: 'AuthorizationPolicy',
      metadata: { name },
      spec: {
        targetRef: { group: 'policy.linkerd.io', kind, name: target },
        requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name }],
      },
    },
  ];
};
