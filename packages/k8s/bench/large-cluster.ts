/** A cluster of 1 000 Services, 10 000 pods and 500 policy resources, as an API server holds it: with all it has to say. */
import type { FakeKind, FakeManifest } from '@heddle/testkit';

export const kinds = {
  namespaces: { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', isClusterScoped: true },
  pods: { group: '', version: 'v1', kind: 'Pod', plural: 'pods' },
  services: { group: '', version: 'v1', kind: 'Service', plural: 'services' },
  slices: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices' },
  servers: { group: 'policy.linkerd.io', version: 'v1beta3', kind: 'Server', plural: 'servers' },
  policies: {
    group: 'policy.linkerd.io',
    version: 'v1alpha1',
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
  },
} satisfies Readonly<Record<string, FakeKind>>;

const namespaceCount = 50;
const serviceCount = 1_000;
const podsPerService = 10;
const policyPairs = 250;

const namespaceOf = (service: number): string => `team-${service % namespaceCount}`;
const ipOf = (service: number, pod: number): string => `10.${1 + (service >> 8)}.${service & 255}.${pod + 1}`;

/** What controllers write into every object and nobody reads. */
const managedFields = Array.from({ length: 3 }, (_, manager) => ({
  manager: `controller-${manager}`,
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-01-31T12:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: Object.fromEntries(
    Array.from({ length: 25 }, (_, field) => [`f:field-${field}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
  ),
}));

export const podManifest = (service: number, pod: number, restarts = 0): FakeManifest => ({
  metadata: {
    name: `app-${service}-7c9d8f6b5-${pod}`,
    namespace: namespaceOf(service),
    labels: { app: `app-${service}`, 'pod-template-hash': '7c9d8f6b5', 'linkerd.io/control-plane-ns': 'linkerd' },
    annotations: { 'linkerd.io/inject': 'enabled', 'prometheus.io/scrape': 'true' },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: `app-${service}-7c9d8f6b5`,
        uid: `rs-${service}`,
        controller: true,
      },
    ],
    managedFields,
  },
  spec: {
    serviceAccountName: `app-${service}`,
    nodeName: `node-${pod}`,
    containers: ['app', 'linkerd-proxy'].map((name) => ({
      name,
      image: `registry.example/${name}:1.2.3`,
      env: Array.from({ length: 20 }, (_, at) => ({ name: `VARIABLE_${at}`, value: `the value of variable ${at}` })),
      ports: [
        { name: name === 'app' ? 'http' : 'proxy', containerPort: name === 'app' ? 8080 : 4143, protocol: 'TCP' },
      ],
      readinessProbe: { httpGet: { path: '/ready', port: name === 'app' ? 'http' : 4191 } },
      volumeMounts: [{ name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
    })),
    volumes: [{ name: 'kube-api-access', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
  },
  status: {
    phase: 'Running',
    podIP: ipOf(service, pod),
    podIPs: [{ ip: ipOf(service, pod) }],
    hostIP: `192.168.0.${pod}`,
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True' })),
    containerStatuses: ['app', 'linkerd-proxy'].map((name) => ({ name, ready: true, restartCount: restarts })),
  },
});

const serviceManifest = (service: number): FakeManifest => ({
  metadata: { name: `app-${service}`, namespace: namespaceOf(service), managedFields: managedFields.slice(0, 1) },
  spec: {
    clusterIP: `10.200.${service >> 8}.${service & 255}`,
    clusterIPs: [`10.200.${service >> 8}.${service & 255}`],
    selector: { app: `app-${service}` },
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    type: 'ClusterIP',
  },
});

/** `ready` of its pods are ready. */
export const sliceManifest = (service: number, ready = podsPerService): FakeManifest => ({
  metadata: {
    name: `app-${service}-x1`,
    namespace: namespaceOf(service),
    labels: { 'kubernetes.io/service-name': `app-${service}` },
    managedFields: managedFields.slice(0, 1),
  },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: Array.from({ length: podsPerService }, (_, pod) => ({
    addresses: [ipOf(service, pod)],
    conditions: { ready: pod < ready, serving: pod < ready, terminating: false },
    nodeName: `node-${pod}`,
    targetRef: { kind: 'Pod', namespace: namespaceOf(service), name: `app-${service}-7c9d8f6b5-${pod}` },
  })),
});

const serverManifest = (service: number): FakeManifest => ({
  metadata: { name: `app-${service}`, namespace: namespaceOf(service) },
  spec: { podSelector: { matchLabels: { app: `app-${service}` } }, port: 'http', proxyProtocol: 'HTTP/1' },
});

const policyManifest = (service: number): FakeManifest => ({
  metadata: { name: `app-${service}`, namespace: namespaceOf(service) },
  spec: {
    targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: `app-${service}` },
    requiredAuthenticationRefs: [{ kind: 'ServiceAccount', name: `app-${(service + namespaceCount) % serviceCount}` }],
  },
});

/** Every object with its kind. */
export function* largeCluster(): Generator<readonly [FakeKind, FakeManifest], void, void> {
  for (let at = 0; at < namespaceCount; at++) yield [kinds.namespaces, { metadata: { name: namespaceOf(at) } }];
  for (let service = 0; service < serviceCount; service++) {
    for (let pod = 0; pod < podsPerService; pod++) yield [kinds.pods, podManifest(service, pod)];
    yield [kinds.services, serviceManifest(service)];
    yield [kinds.slices, sliceManifest(service)];
    if (service < policyPairs) {
      yield [kinds.servers, serverManifest(service)];
      yield [kinds.policies, policyManifest(service)];
    }
  }
}

/** The `turn`th change: another pod of another Service each time. */
export const changedPod = (turn: number): FakeManifest =>
  podManifest((turn * 7) % serviceCount, Math.floor(turn / serviceCount) % podsPerService, turn);
