/** Every kind that is read, and what to say of the others. */
import { endpointSliceDefinition } from './core/endpoint-slice.ts';
import { namespaceDefinition } from './core/namespace.ts';
import { nodeDefinition } from './core/node.ts';
import { podDefinition } from './core/pod.ts';
import { serviceDefinition } from './core/service.ts';
import { serviceAccountDefinition } from './core/service-account.ts';
import { workloadDefinitions } from './core/workload.ts';
import type { VersionDefinition } from './definition.ts';
import { authorizationPolicyDefinition } from './kinds/authorization-policy.ts';
import { egressNetworkDefinition } from './kinds/egress-network.ts';
import { externalWorkloadDefinition } from './kinds/external-workload.ts';
import { gatewayHttpRouteDefinition } from './kinds/gateway-http-route.ts';
import { grpcRouteDefinition } from './kinds/grpc-route.ts';
import { httpLocalRateLimitPolicyDefinition } from './kinds/http-local-rate-limit-policy.ts';
import { meshTlsAuthenticationDefinition } from './kinds/mesh-tls-authentication.ts';
import { networkAuthenticationDefinition } from './kinds/network-authentication.ts';
import { policyHttpRouteDefinition } from './kinds/policy-http-route.ts';
import { serverDefinition } from './kinds/server.ts';
import { serverAuthorizationDefinition } from './kinds/server-authorization.ts';
import { serviceProfileDefinition } from './kinds/service-profile.ts';
import { tcpRouteDefinition, tlsRouteDefinition } from './kinds/stream-routes.ts';
import { nearest } from './nearest.ts';
import { alternatives, quote } from './problem.ts';

/** A definition of any kind; group and kind of what it reads are its own. */
interface AnyDefinition {
  readonly group: string;
  readonly kind: string;
  readonly isClusterScoped?: true;
  readonly versions: readonly VersionDefinition<object>[];
}

const definitions: readonly AnyDefinition[] = [
  serverDefinition,
  authorizationPolicyDefinition,
  meshTlsAuthenticationDefinition,
  networkAuthenticationDefinition,
  serverAuthorizationDefinition,
  policyHttpRouteDefinition,
  gatewayHttpRouteDefinition,
  grpcRouteDefinition,
  tcpRouteDefinition,
  tlsRouteDefinition,
  httpLocalRateLimitPolicyDefinition,
  egressNetworkDefinition,
  externalWorkloadDefinition,
  serviceProfileDefinition,
  podDefinition,
  serviceDefinition,
  endpointSliceDefinition,
  namespaceDefinition,
  serviceAccountDefinition,
  nodeDefinition,
  ...workloadDefinitions,
];

/** Kinds of Kubernetes that people keep beside ours and that the mesh has no use for. */
const unreadKinds = new Set(
  [
    'ConfigMap Secret Endpoints Event LimitRange PersistentVolume PersistentVolumeClaim PodTemplate ResourceQuota Binding',
    'ControllerRevision HorizontalPodAutoscaler PodDisruptionBudget Lease Ingress NetworkPolicy',
    'Gateway GatewayClass ReferenceGrant UDPRoute',
  ].flatMap((line) => line.split(' ')),
);

/** Groups whose kinds we know all of, so that another one is a slip of the pen. */
const knownGroups = new Set(['', 'apps', 'batch', ...definitions.map(({ group }) => group)]);

/** What a group, version and kind stand for. */
export type Lookup =
  | { readonly kind: 'known'; readonly definition: AnyDefinition; readonly version: VersionDefinition<object> }
  /** Nothing of ours; not an error. */
  | { readonly kind: 'ignored'; readonly message: string }
  | { readonly kind: 'unknown'; readonly field: 'apiVersion' | 'kind'; readonly message: string };

/** Finds the definition of a kind, or says what was probably meant. */
export const lookUp = (group: string, versionName: string, kind: string): Lookup => {
  const ofGroup = definitions.filter((definition) => definition.group === group);
  const definition = ofGroup.find((candidate) => candidate.kind === kind);
  if (definition !== undefined) {
    const version = definition.versions.find(({ name }) => name === versionName);
    if (version !== undefined) return { kind: 'known', definition, version };
    const message = `${quote(versionName)} is not a version of ${kind}; use ${versionsOf(definition)}`;
    return { kind: 'unknown', field: 'apiVersion', message };
  }
  const elsewhere = definitions.filter((candidate) => candidate.kind === kind);
  if (elsewhere.length > 0 && !isForeign(group)) {
    const message = `${quote(group)} is not the group of ${kind}; use ${elsewhere.map(versionsOf).join(', ')}`;
    return { kind: 'unknown', field: 'apiVersion', message };
  }
  if (unreadKinds.has(kind) || !knownGroups.has(group)) {
    return { kind: 'ignored', message: `the mesh does not read objects of kind ${quote(kind)}` };
  }
  const kinds = ofGroup.map((candidate) => candidate.kind);
  const meant = nearest(kind, kinds);
  const mend = meant === undefined ? `the mesh reads ${alternatives(kinds)}` : `did you mean ${meant}?`;
  const where = group === '' ? 'the core group' : group;
  return { kind: 'unknown', field: 'kind', message: `${quote(kind)} is not a kind of ${where}; ${mend}` };
};

/** A group of somebody else's, such as serving.knative.dev, whose Service is not ours; ours misspelt is not foreign. */
const isForeign = (group: string): boolean =>
  group !== '' &&
  !knownGroups.has(group) &&
  !group.endsWith('linkerd.io') &&
  nearest(
    group,
    [...knownGroups].filter((known) => known !== ''),
  ) === undefined;

const versionsOf = ({ group, versions }: AnyDefinition): string =>
  versions.map(({ name }) => (group === '' ? name : `${group}/${name}`)).join(', ');
