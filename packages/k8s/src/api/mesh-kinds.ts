/** The kinds of objects that policy and discovery are made of. */
import type { ResourceKind } from './resource-kind.ts';

const policyKinds = (version: string, names: readonly (readonly [string, string])[]): readonly ResourceKind[] =>
  names.map(([kind, plural]) => ({ group: 'policy.linkerd.io', version, kind, plural }));

/** What a catalog reads. Custom resources that are not installed are as good as none. */
export const meshKinds: readonly ResourceKind[] = [
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', isClusterScoped: true },
  { group: '', version: 'v1', kind: 'Node', plural: 'nodes', isClusterScoped: true },
  { group: '', version: 'v1', kind: 'Pod', plural: 'pods' },
  { group: '', version: 'v1', kind: 'Service', plural: 'services' },
  { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices' },
  ...policyKinds('v1alpha1', [
    ['AuthorizationPolicy', 'authorizationpolicies'],
    ['MeshTLSAuthentication', 'meshtlsauthentications'],
    ['NetworkAuthentication', 'networkauthentications'],
    ['HTTPLocalRateLimitPolicy', 'httplocalratelimitpolicies'],
    ['EgressNetwork', 'egressnetworks'],
  ]),
  ...policyKinds('v1beta1', [['ServerAuthorization', 'serverauthorizations']]),
  ...policyKinds('v1beta3', [
    ['Server', 'servers'],
    ['HTTPRoute', 'httproutes'],
  ]),
  { group: 'linkerd.io', version: 'v1alpha2', kind: 'ServiceProfile', plural: 'serviceprofiles' },
  { group: 'gateway.networking.k8s.io', version: 'v1', kind: 'HTTPRoute', plural: 'httproutes' },
  { group: 'gateway.networking.k8s.io', version: 'v1', kind: 'GRPCRoute', plural: 'grpcroutes' },
];
