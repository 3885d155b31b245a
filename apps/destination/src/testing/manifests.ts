/** Manifests as users and controllers write them, for tests that go through files. */

export const podManifest = (
  name: string,
  ip: string,
  account = 'web',
  labels: Readonly<Record<string, string>> = {},
): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: account, 'linkerd.io/control-plane-ns': 'linkerd', ...labels } },
  spec: {
    serviceAccountName: account,
    containers: [{ name: 'app', image: 'app', ports: [{ name: 'http', containerPort: 8080 }] }],
  },
  status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
});

export const serviceManifest = (name: string, clusterIp: string, namespace = 'shop'): unknown => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: {
    clusterIP: clusterIp,
    clusterIPs: [clusterIp],
    selector: { app: name },
    ports: [{ port: 80, targetPort: 8080 }],
  },
});

export const sliceManifest = (service: string, endpoints: Readonly<Record<string, string>>): unknown => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${service}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: Object.entries(endpoints).map(([pod, address]) => ({
    addresses: [address],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', namespace: 'shop', name: pod },
  })),
});

export const serverManifest = (accessPolicy: string): unknown => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, port: 'http', proxyProtocol: 'HTTP/1', accessPolicy },
});

/** An AuthorizationPolicy of this name on the Server `web`, for so many clients that its message fills a stream's window. */
export const largeGrant = (name: string): readonly unknown[] => [
  {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace: 'shop' },
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'web' },
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'many' }],
    },
  },
  {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: { name: 'many', namespace: 'shop' },
    spec: {
      identities: Array.from(
        { length: 2_000 },
        (_, at) => `client-${at}.shop.serviceaccount.identity.linkerd.cluster.local`,
      ),
    },
  },
];
