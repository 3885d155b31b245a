import { expect, test } from 'vitest';
import { checkResources } from './check-resources.ts';
import { readManifest } from './manifest-file.ts';
import { formatManifestProblem } from './manifest-problem.ts';
import { parseObject } from './parse-object.ts';

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n';
const deployment = (name: string, port = 'http', more = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  template:
    metadata:
      labels: { app: ${name} }
      annotations: { ${more} }
    spec:
      containers:
        - name: main
          ports: [{ name: ${port}, containerPort: 8080 }]
`;
const server = (name: string, more = 'port: http') => `
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: { name: ${name}, namespace: shop }
spec:
  podSelector: { matchLabels: { app: web } }
  ${more}
`;
const authorization = (target: string, refs: string) => `
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: { name: who, namespace: shop }
spec:
  targetRef: { group: policy.linkerd.io, ${target} }
  requiredAuthenticationRefs: [${refs}]
`;
const route = (parent: string, rules = '[]') => `
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: { name: reads, namespace: shop }
spec:
  parentRefs:
    - { ${parent} }
  rules: ${rules}
`;
const grpcRoute = `
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: calls, namespace: shop }
spec:
  parentRefs:
    - { group: policy.linkerd.io, kind: Server, name: web }
`;
const service = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
`;
const base = [namespace, deployment('web'), service, server('web')];
const onWeb = 'group: policy.linkerd.io, kind: Server, name: web';

const check = (documents: readonly string[], isPartial = false): string[] => {
  const { objects, problems } = readManifest(
    'a.yaml',
    documents.join('---\n').replaceAll('\n---\n\n', '\n---\n'),
    parseObject,
  );
  expect(problems).toEqual([]);
  // Lines depend on the other documents; that they are right is said below.
  return checkResources(objects, { isPartial }).map((problem) => formatManifestProblem(problem).replace(/:\d+/, ''));
};

test.each<[string, readonly string[], readonly string[]]>([
  [
    'a set in which all is well',
    [...base, route(onWeb), authorization('kind: HTTPRoute, name: reads', '{ kind: ServiceAccount, name: default }')],
    [],
  ],
  [
    'a policy without its target',
    [...base, authorization('kind: HTTPRoute, name: reads', '')],
    ['a.yaml spec.targetRef: there is no HTTPRoute reads in namespace shop'],
  ],
  [
    'a policy without its authentication',
    [
      ...base,
      authorization('kind: Server, name: web', '{ group: policy.linkerd.io, kind: MeshTLSAuthentication, name: us }'),
    ],
    [
      'a.yaml spec.requiredAuthenticationRefs: there is no MeshTLSAuthentication us in namespace shop; the policy grants nothing until it exists',
    ],
  ],
  [
    'a ServiceAccount that may be elsewhere',
    [...base, authorization('kind: Server, name: web', '{ kind: ServiceAccount, name: us }')],
    ['a.yaml warning: spec.requiredAuthenticationRefs: there is no ServiceAccount us in namespace shop'],
  ],
  [
    'a route without its parent',
    [...base, route('group: policy.linkerd.io, kind: Server, name: other')],
    ['a.yaml spec.parentRefs[0]: Server shop/other is nothing to attach to'],
  ],
  [
    'a route to a backend that is not there',
    [...base, route('group: "", kind: Service, name: web, port: 80', '[{ backendRefs: [{ name: v2, port: 80 }] }]')],
    ['a.yaml spec.rules: there is no Service v2 in namespace shop'],
  ],
  [
    'Servers that overlap',
    [...base, server('zweb', 'port: 8080')],
    [
      'a.yaml warning: spec.port: port 8080 of pod shop/web belongs to the older Server web; make the two select different pods or ports',
    ],
  ],
  [
    'routes on an opaque Server',
    [namespace, deployment('web'), server('web', 'port: http\n  proxyProtocol: opaque'), route(onWeb)],
    [
      'a.yaml warning: spec.parentRefs[0]: HTTPRoutes have no effect on Server web, whose proxyProtocol is opaque; make it HTTP/1, HTTP/2 or unknown',
    ],
  ],
  [
    'gRPC routes on a Server that is not gRPC',
    [...base, grpcRoute],
    [
      'a.yaml warning: spec.parentRefs[0]: GRPCRoutes have no effect on Server web, whose proxyProtocol is unknown; make it gRPC',
    ],
  ],
  [
    'a Server that selects nothing',
    [namespace, deployment('other'), server('web')],
    ['a.yaml warning: spec.podSelector: selects no pod of these files'],
  ],
  [
    'a port name that no container has',
    [namespace, deployment('web', 'main'), server('web')],
    [
      'a.yaml warning: spec.port: no container of the selected pods has a port named http; name the port, or give its number',
    ],
  ],
  [
    'a default policy that does not exist',
    [namespace, deployment('web', 'http', 'config.linkerd.io/default-inbound-policy: open'), server('web')],
    [
      'a.yaml warning: spec.template.metadata.annotations["config.linkerd.io/default-inbound-policy"]: "open" is not a default policy and counts as deny; use one of all-unauthenticated, all-authenticated, cluster-unauthenticated, cluster-authenticated, audit, deny',
    ],
  ],
  [
    'a rate limit without its Server',
    [
      ...base,
      `
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: { name: limit, namespace: shop }
spec: { targetRef: { group: policy.linkerd.io, kind: Server, name: other }, total: { requestsPerSecond: 10 } }
`,
    ],
    ['a.yaml spec.targetRef: there is no Server other in namespace shop'],
  ],
  [
    'a ServerAuthorization without its Server',
    [
      ...base,
      `
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization
metadata: { name: old, namespace: shop }
spec: { server: { name: other }, client: { unauthenticated: true } }
`,
    ],
    ['a.yaml spec.server: there is no Server other in namespace shop'],
  ],
])('%s', (_, documents, expected) => {
  expect(check(documents)).toEqual(expected);
});

test('in a part of what a cluster holds, what is missing is only a warning', () => {
  expect(check([route(onWeb)], true)).toEqual([
    'a.yaml warning: spec.parentRefs[0]: Server shop/web is nothing to attach to',
  ]);
});

test('the line is that of the reference', () => {
  const { objects } = readManifest('a.yaml', [namespace, route(onWeb).trimStart()].join('---\n'), parseObject);
  expect(checkResources(objects).map(formatManifestProblem)).toEqual([
    'a.yaml:10 spec.parentRefs[0]: Server shop/web is nothing to attach to',
  ]);
});
