/**
 * One table for three proofs: that validation, the admission webhook and a real cluster refuse the same resources. Each row
 * is a rule of features §2.6 "Admission", or one of ours.
 */
import { gatewayObject, policyObject, serverParent, serverSpec } from './manifest.ts';

type Value = Readonly<Record<string, unknown>>;

export interface InvalidResource {
  readonly why: string;
  readonly manifest: Value;
  /** Part of what validation says. */
  readonly message: string;
  /** The schema in the CustomResourceDefinition says no as well, so that a cluster does not get to ask the webhook. */
  readonly isAgainstSchema?: true;
}

const row = (why: string, manifest: Value, message: string): InvalidResource => ({ why, manifest, message });
const againstSchema = (why: string, manifest: Value, message: string): InvalidResource => ({
  why,
  manifest,
  message,
  isAgainstSchema: true,
});

const server = (spec: Value): Value => policyObject('Server', 'v1beta3', { ...serverSpec, ...spec });

const serverTarget = serverParent;
const authentication = (kind: string, name: string): Value => ({ group: 'policy.linkerd.io', kind, name });
const authorization = (spec: Value): Value =>
  policyObject('AuthorizationPolicy', 'v1alpha1', {
    targetRef: serverTarget,
    requiredAuthenticationRefs: [authentication('MeshTLSAuthentication', 'clients')],
    ...spec,
  });
const meshTls = (spec: Value): Value => policyObject('MeshTLSAuthentication', 'v1alpha1', spec);
const networks = (list: readonly Value[]): Value =>
  policyObject('NetworkAuthentication', 'v1alpha1', { networks: list });
const egress = (spec: Value): Value => policyObject('EgressNetwork', 'v1alpha1', { trafficPolicy: 'Allow', ...spec });
const serverAuthorization = (client: Value): Value =>
  policyObject('ServerAuthorization', 'v1beta1', { server: { name: 'web' }, client });
const rateLimit = (spec: Value): Value =>
  policyObject('HTTPLocalRateLimitPolicy', 'v1alpha1', { targetRef: serverTarget, ...spec });
const httpRoute = (rule: Value, spec: Value = {}, metadata: Value = {}): Value =>
  policyObject('HTTPRoute', 'v1beta3', { parentRefs: [serverParent], rules: [rule], ...spec }, metadata);
const serviceParent: Value = { group: '', kind: 'Service', name: 'web', port: 80 };
const egressParent: Value = { group: 'policy.linkerd.io', kind: 'EgressNetwork', name: 'out' };
const annotated = (name: string, value: string): Value =>
  httpRoute({}, { parentRefs: [serviceParent] }, { annotations: { [name]: value } });

const cidrs = (of: (list: readonly Value[]) => Value, kind: string): readonly InvalidResource[] => [
  row(`${kind}: no network`, of([{ cidr: '10.0.0.0/33' }]), 'networks[0].cidr'),
  row(`${kind}: an exception outside`, of([{ cidr: '10.0.0.0/8', except: ['192.168.0.0/16'] }]), 'is not within'),
  row(`${kind}: an exception of all`, of([{ cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] }]), 'takes away all'),
];

/** Resources of policy.linkerd.io. */
export const invalidPolicyResources: readonly InvalidResource[] = [
  againstSchema('Server: unknown accessPolicy', server({ accessPolicy: 'allow' }), 'spec.accessPolicy'),
  againstSchema('Server: unknown proxyProtocol', server({ proxyProtocol: 'HTTP/3' }), 'spec.proxyProtocol'),
  row('Server: both selectors', server({ externalWorkloadSelector: {} }), 'exactly one of podSelector'),
  row('Server: no selector', policyObject('Server', 'v1beta3', { port: 80 }), 'exactly one of podSelector'),
  row('Server: a port that cannot be', server({ port: 70_000 }), 'spec.port'),
  row(
    'Server v1alpha1: both halves of a selector',
    policyObject('Server', 'v1alpha1', {
      podSelector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
      port: 80,
    }),
    'exactly one of matchLabels and matchExpressions',
  ),
  row(
    'Server v1beta1: an operator without values',
    policyObject('Server', 'v1beta1', {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] },
      port: 80,
    }),
    'needs at least one value',
  ),

  row(
    'AuthorizationPolicy: unsupported target',
    authorization({ targetRef: { group: 'apps', kind: 'Deployment', name: 'web' } }),
    'cannot be a target',
  ),
  row(
    'AuthorizationPolicy: another namespace',
    authorization({ targetRef: { kind: 'Namespace', name: 'elsewhere' } }),
    'can only target its own namespace',
  ),
  row(
    'AuthorizationPolicy: two references to identities',
    authorization({
      requiredAuthenticationRefs: [
        authentication('MeshTLSAuthentication', 'clients'),
        { kind: 'ServiceAccount', name: 'web' },
      ],
    }),
    'at most one MeshTLSAuthentication or ServiceAccount',
  ),
  row(
    'AuthorizationPolicy: two references to networks',
    authorization({
      requiredAuthenticationRefs: [
        authentication('NetworkAuthentication', 'a'),
        authentication('NetworkAuthentication', 'b'),
      ],
    }),
    'at most one NetworkAuthentication',
  ),
  row(
    'AuthorizationPolicy: unsupported reference',
    authorization({ requiredAuthenticationRefs: [{ kind: 'Secret', name: 'clients' }] }),
    'is not an authentication',
  ),
  againstSchema(
    'AuthorizationPolicy: no list of references',
    policyObject('AuthorizationPolicy', 'v1alpha1', { targetRef: serverTarget }),
    'spec.requiredAuthenticationRefs',
  ),

  row('MeshTLSAuthentication: no identity', meshTls({ identities: ['not a name'] }), 'spec.identities[0]'),
  row('MeshTLSAuthentication: a star within', meshTls({ identities: ['web.*.local'] }), 'spec.identities[0]'),
  row(
    'MeshTLSAuthentication: unsupported reference',
    meshTls({ identityRefs: [{ kind: 'Pod', name: 'web' }] }),
    'has no identity',
  ),
  row(
    'MeshTLSAuthentication: a Namespace in a namespace',
    meshTls({ identityRefs: [{ kind: 'Namespace', name: 'shop', namespace: 'shop' }] }),
    'a Namespace is not in a namespace',
  ),
  row('MeshTLSAuthentication: nobody', meshTls({}), 'exactly one of identities and identityRefs'),
  row(
    'MeshTLSAuthentication: both lists',
    meshTls({ identities: ['*'], identityRefs: [{ kind: 'ServiceAccount', name: 'web' }] }),
    'exactly one of identities and identityRefs',
  ),

  againstSchema('NetworkAuthentication: no networks', networks([]), 'spec.networks'),
  ...cidrs(networks, 'NetworkAuthentication'),

  againstSchema('EgressNetwork: no networks', egress({ networks: [] }), 'spec.networks'),
  againstSchema('EgressNetwork: unknown trafficPolicy', egress({ trafficPolicy: 'Audit' }), 'spec.trafficPolicy'),
  ...cidrs((list) => egress({ networks: list }), 'EgressNetwork'),

  row(
    'ServerAuthorization: unauthenticated with meshTLS',
    serverAuthorization({ unauthenticated: true, meshTLS: { identities: ['*'] } }),
    'contradicts unauthenticated',
  ),
  row(
    'ServerAuthorization: unauthenticatedTLS with identities',
    serverAuthorization({ meshTLS: { unauthenticatedTLS: true, identities: ['*'] } }),
    'which contradicts the identities',
  ),
  row(
    'ServerAuthorization: no identity',
    serverAuthorization({ meshTLS: { identities: ['not a name'] } }),
    'meshTLS.identities[0]',
  ),
  row(
    'ServerAuthorization: neither name nor selector',
    policyObject('ServerAuthorization', 'v1beta1', { server: {}, client: { unauthenticated: true } }),
    'exactly one of name and selector',
  ),
  ...cidrs((list) => serverAuthorization({ unauthenticated: true, networks: list }), 'ServerAuthorization'),

  row(
    'HTTPRoute: a relative path',
    httpRoute({ matches: [{ path: { type: 'Exact', value: 'admin' } }] }),
    'is not an absolute path',
  ),
  row(
    'HTTPRoute: no regular expression',
    httpRoute({ matches: [{ path: { type: 'RegularExpression', value: '/(' } }] }),
    'is not a regular expression',
  ),
  row(
    'HTTPRoute: a redirect to a relative path',
    httpRoute({
      filters: [
        { type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplaceFullPath', replaceFullPath: 'a' } } },
      ],
    }),
    'is not an absolute path',
  ),
  row(
    'HTTPRoute: a header value with a line break',
    httpRoute({
      filters: [
        { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-a', value: 'a\r\nx-b: c' }] } },
      ],
    }),
    'no line breaks',
  ),
  againstSchema(
    'HTTPRoute: no header name',
    httpRoute({
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['x a'] } }],
    }),
    'is not a header name',
  ),
  row(
    'HTTPRoute: a filter without settings',
    httpRoute({ filters: [{ type: 'RequestRedirect' }] }),
    'is required by a filter of type RequestRedirect',
  ),
  row('HTTPRoute: a negative timeout', httpRoute({ timeouts: { request: '-1s' } }), 'timeouts.request'),
  row(
    'HTTPRoute: a backend slower than the request',
    httpRoute({ timeouts: { request: '1s', backendRequest: '2s' } }),
    'is longer than the whole request',
  ),
  row('HTTPRoute: an EgressNetwork without port', httpRoute({}, { parentRefs: [egressParent] }), 'parentRefs[0].port'),
  row('HTTPRoute: a retry of nothing', annotated('retry.linkerd.io/http', '6xx'), 'is not a condition for a retry'),
  row('HTTPRoute: a retry of no gRPC status', annotated('retry.linkerd.io/grpc', 'ok'), 'is not a gRPC status'),
  row('HTTPRoute: no retries', annotated('retry.linkerd.io/limit', '0'), 'is not a number of retries'),
  row('HTTPRoute: no timeout', annotated('timeout.linkerd.io/request', 'soon'), 'timeout.linkerd.io/request'),
  againstSchema('HTTPRoute: no method', httpRoute({ matches: [{ method: 'FETCH' }] }), 'is not an HTTP method'),
  ...['v1alpha1', 'v1beta1', 'v1beta2'].map((version) =>
    row(
      `HTTPRoute ${version}: a relative path`,
      policyObject('HTTPRoute', version, {
        parentRefs: [serverParent],
        rules: [{ matches: [{ path: { value: 'admin' } }] }],
      }),
      'is not an absolute path',
    ),
  ),

  row(
    'HTTPLocalRateLimitPolicy: no Server',
    rateLimit({ targetRef: { ...serverTarget, kind: 'HTTPRoute' }, total: { requestsPerSecond: 1 } }),
    'cannot be limited',
  ),
  againstSchema(
    'HTTPLocalRateLimitPolicy: a limit of nothing',
    rateLimit({ total: { requestsPerSecond: 0 } }),
    'spec.total.requestsPerSecond',
  ),
  againstSchema(
    'HTTPLocalRateLimitPolicy: a negative limit',
    rateLimit({ identity: { requestsPerSecond: -1 } }),
    'spec.identity.requestsPerSecond',
  ),
  row(
    'HTTPLocalRateLimitPolicy: an identity above all',
    rateLimit({ total: { requestsPerSecond: 1 }, identity: { requestsPerSecond: 2 } }),
    'is above total.requestsPerSecond',
  ),
  row(
    'HTTPLocalRateLimitPolicy: an override above all',
    rateLimit({
      total: { requestsPerSecond: 1 },
      overrides: [{ requestsPerSecond: 2, clientRefs: [{ kind: 'ServiceAccount', name: 'web' }] }],
    }),
    'is above total.requestsPerSecond',
  ),
  row(
    'HTTPLocalRateLimitPolicy: no client',
    rateLimit({ overrides: [{ requestsPerSecond: 2, clientRefs: [{ kind: 'Pod', name: 'web' }] }] }),
    'is not a client',
  ),
];

const gatewayRoute = (kind: string, version: string, rule: Value, spec: Value = {}): Value =>
  gatewayObject(kind, version, { parentRefs: [serviceParent], rules: [rule], ...spec });

/** Routes of the Gateway API; its own definitions refuse some of them too. */
export const invalidGatewayResources: readonly InvalidResource[] = [
  row(
    'gateway HTTPRoute: a relative path',
    gatewayRoute('HTTPRoute', 'v1', { matches: [{ path: { value: 'admin' } }] }),
    'is not an absolute path',
  ),
  row(
    'gateway HTTPRoute: a Service without port',
    gatewayRoute('HTTPRoute', 'v1beta1', { backendRefs: [{ name: 'web' }] }),
    'backendRefs[0].port',
  ),
  row(
    'gateway HTTPRoute: an EgressNetwork without port',
    gatewayRoute('HTTPRoute', 'v1', {}, { parentRefs: [egressParent] }),
    'parentRefs[0].port',
  ),
  row(
    'GRPCRoute: a Service without port',
    gatewayRoute('GRPCRoute', 'v1', { backendRefs: [{ name: 'web' }] }),
    'backendRefs[0].port',
  ),
  row(
    'GRPCRoute: no regular expression',
    gatewayRoute('GRPCRoute', 'v1', { matches: [{ method: { type: 'RegularExpression', method: '(' } }] }),
    'is not a regular expression',
  ),
  ...(['TCPRoute', 'TLSRoute'] as const).flatMap((kind) => [
    row(`${kind}: no rule`, gatewayRoute(kind, 'v1alpha2', {}, { rules: [] }), 'exactly one'),
    row(
      `${kind}: two rules`,
      gatewayRoute(
        kind,
        'v1alpha2',
        {},
        { rules: [{ backendRefs: [{ name: 'web', port: 1 }] }, { backendRefs: [{ name: 'web', port: 2 }] }] },
      ),
      'exactly one',
    ),
    row(
      `${kind}: a Service without port`,
      gatewayRoute(kind, 'v1alpha2', { backendRefs: [{ name: 'web' }] }),
      'backendRefs[0].port',
    ),
    row(
      `${kind}: an EgressNetwork without port`,
      gatewayRoute(kind, 'v1alpha2', { backendRefs: [{ name: 'web', port: 1 }] }, { parentRefs: [egressParent] }),
      'parentRefs[0].port',
    ),
  ]),
];

/** A valid resource of every kind and version of policy.linkerd.io, and of the Gateway API's routes. */
export const validResources: readonly Value[] = [
  ...['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'].map((version) => policyObject('Server', version, serverSpec)),
  server({ port: 'http', accessPolicy: 'audit', proxyProtocol: 'gRPC' }),
  authorization({}),
  authorization({ requiredAuthenticationRefs: [] }),
  authorization({ targetRef: { kind: 'Namespace', name: 'shop' } }),
  meshTls({ identities: ['*', '*.shop.example', 'spiffe://example/web'] }),
  meshTls({
    identityRefs: [
      { kind: 'ServiceAccount', name: 'web' },
      { kind: 'Namespace', name: 'shop' },
    ],
  }),
  networks([{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }, { cidr: 'fd00::1' }]),
  egress({ networks: [{ cidr: '192.0.2.0/24' }] }),
  ...['v1alpha1', 'v1beta1'].map((version) =>
    policyObject('ServerAuthorization', version, { server: { name: 'web' }, client: { unauthenticated: true } }),
  ),
  ...['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'].map((version) =>
    policyObject('HTTPRoute', version, {
      parentRefs: [serverParent],
      rules: [{ matches: [{ path: { value: '/authors' }, method: 'GET' }] }],
    }),
  ),
  rateLimit({ total: { requestsPerSecond: 100 }, identity: { requestsPerSecond: 10 } }),
];

export const validGatewayResources: readonly Value[] = [
  gatewayRoute('HTTPRoute', 'v1', { backendRefs: [{ name: 'web', port: 80 }] }),
  gatewayRoute('HTTPRoute', 'v1beta1', { backendRefs: [{ name: 'web', port: 80 }] }),
  gatewayRoute('GRPCRoute', 'v1', { backendRefs: [{ name: 'web', port: 80 }] }),
  gatewayRoute('TCPRoute', 'v1alpha2', { backendRefs: [{ name: 'web', port: 80 }] }),
  gatewayRoute('TLSRoute', 'v1alpha2', { backendRefs: [{ name: 'web', port: 80 }] }, { hostnames: ['web.example'] }),
];
