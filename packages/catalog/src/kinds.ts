/**
 * What the catalog does with each kind of object: puts it into the indexes, takes it out again, knows which answers
 * depend on it, and says how it fares. To teach the catalog a kind, add a row.
 */
import { type HttpLocalRateLimitPolicy, keyOf } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import type { ChangeSet } from './changes.ts';
import type { Condition } from './condition.ts';
import {
  touchAuthentication,
  touchAuthorizationPolicy,
  touchEgressNetwork,
  touchNamespace,
  touchNode,
  touchPod,
  touchRateLimit,
  touchRoute,
  touchServer,
  touchServerAuthorization,
  touchService,
  touchServiceAccount,
  touchServiceProfile,
  touchSlice,
  touchUnreadable,
} from './dependents.ts';
import type { Indexes } from './indexes.ts';
import type { ResourceStatus } from './status.ts';
import { authorizationStatus, meshTlsStatus, serverAuthorizationStatus } from './status-authorizations.ts';
import { egressNetworkStatus } from './status-egress-networks.ts';
import { type ParentStatus, routeStatus } from './status-routes.ts';
import { rateLimitStatus, serverStatus } from './status-servers.ts';
import { unreadableConditions, unreadableParents } from './status-unreadable.ts';

interface Handling<Object> {
  insert(indexes: Indexes, object: Object): void;
  /** `object` is the very value that was inserted. */
  remove(indexes: Indexes, object: Object): void;
  touch(indexes: Indexes, object: Object, changes: ChangeSet): void;
  readonly conditions?: (indexes: Indexes, object: Object) => readonly Condition[];
  readonly parents?: (indexes: Indexes, object: Object) => readonly ParentStatus[];
}

type ObjectOf<Kind> = Extract<KubernetesObject, { readonly kind: Kind }>;
type HandledKind = Exclude<KubernetesObject['kind'], UnreadKind>;

/** Kinds that may be applied but are not read: nothing depends on them yet. */
type UnreadKind =
  | 'ExternalWorkload'
  | 'TCPRoute'
  | 'TLSRoute'
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'ReplicaSet'
  | 'ReplicationController'
  | 'Job'
  | 'CronJob';

const route: Handling<ObjectOf<'HTTPRoute' | 'GRPCRoute'>> = {
  insert: ({ routes }, object) => routes.add(object),
  remove: ({ routes }, object) => routes.delete(object),
  touch: touchRoute,
  parents: routeStatus,
};

const keyed = <Object extends KubernetesObject>(
  mapOf: (indexes: Indexes) => Map<string, Object>,
  touch: Handling<Object>['touch'],
): Handling<Object> => ({
  insert: (indexes, object) => void mapOf(indexes).set(shortKey(object), object),
  remove: (indexes, object) => void mapOf(indexes).delete(shortKey(object)),
  touch,
});

/** `namespace/name`, or the name alone of what has no namespace. */
const shortKey = ({ metadata: { namespace, name } }: KubernetesObject): string =>
  namespace === '' ? name : `${namespace}/${name}`;

const kinds: { readonly [Kind in HandledKind]: Handling<ObjectOf<Kind>> } = {
  Pod: {
    insert: ({ workloads }, pod) => workloads.add(pod),
    remove: ({ workloads }, pod) => workloads.delete(pod),
    touch: touchPod,
  },
  Service: {
    insert: ({ services }, service) => services.add(service),
    remove: ({ services }, service) => services.delete(service),
    touch: touchService,
  },
  EndpointSlice: {
    insert: ({ services }, slice) => services.addSlice(slice),
    remove: ({ services }, slice) => services.deleteSlice(slice),
    touch: touchSlice,
  },
  Namespace: keyed((indexes) => indexes.namespaces, touchNamespace),
  Node: {
    insert: ({ nodes }, node) => nodes.add(node),
    remove: ({ nodes }, node) => nodes.delete(node),
    touch: touchNode,
  },
  ServiceAccount: keyed((indexes) => indexes.serviceAccounts, touchServiceAccount),
  ServiceProfile: keyed((indexes) => indexes.serviceProfiles, touchServiceProfile),
  EgressNetwork: {
    insert: ({ egressNetworks }, network) => egressNetworks.add(network),
    remove: ({ egressNetworks }, network) => egressNetworks.delete(network),
    touch: touchEgressNetwork,
    conditions: egressNetworkStatus,
  },
  Server: {
    insert: ({ servers }, server) => servers.add(server),
    remove: ({ servers }, server) => servers.delete(server),
    touch: touchServer,
    conditions: serverStatus,
  },
  AuthorizationPolicy: {
    insert: ({ authorizations }, policy) => authorizations.addPolicy(policy),
    remove: ({ authorizations }, policy) => authorizations.deletePolicy(policy),
    touch: touchAuthorizationPolicy,
    conditions: authorizationStatus,
  },
  MeshTLSAuthentication: {
    insert: ({ authorizations }, authentication) => authorizations.addMeshTls(authentication),
    remove: ({ authorizations }, authentication) => authorizations.deleteMeshTls(authentication),
    touch: touchAuthentication,
    conditions: meshTlsStatus,
  },
  NetworkAuthentication: {
    insert: ({ authorizations }, authentication) => authorizations.addNetwork(authentication),
    remove: ({ authorizations }, authentication) => authorizations.deleteNetwork(authentication),
    touch: touchAuthentication,
  },
  ServerAuthorization: {
    insert: ({ authorizations }, authorization) => authorizations.addServerAuthorization(authorization),
    remove: ({ authorizations }, authorization) => authorizations.deleteServerAuthorization(authorization),
    touch: touchServerAuthorization,
    conditions: serverAuthorizationStatus,
  },
  HTTPLocalRateLimitPolicy: {
    insert: ({ rateLimits }, policy) => rateLimits.add(policy),
    remove: ({ rateLimits }, policy) => rateLimits.delete(policy),
    touch: touchRateLimit,
    conditions: rateLimitStatus,
  },
  HTTPRoute: route,
  GRPCRoute: route,
  Unreadable: {
    insert: ({ closures }, closure) => closures.add(closure),
    remove: ({ closures }, closure) => closures.delete(closure),
    touch: touchUnreadable,
    conditions: (_, closure) => unreadableConditions(closure),
    parents: (_, closure) => unreadableParents(closure),
  },
};

/** The table's types say that each row takes objects of its own kind. */
const handlingOf = (object: KubernetesObject): Handling<KubernetesObject> | undefined =>
  Object.hasOwn(kinds, object.kind) ? (kinds[object.kind as HandledKind] as Handling<KubernetesObject>) : undefined;

export const insert = (indexes: Indexes, object: KubernetesObject): void => {
  handlingOf(object)?.insert(indexes, object);
};

export const remove = (indexes: Indexes, object: KubernetesObject): void => {
  handlingOf(object)?.remove(indexes, object);
};

/** Names in `changes` every answer that depends on `object`. */
export const touch = (indexes: Indexes, object: KubernetesObject, changes: ChangeSet): void => {
  handlingOf(object)?.touch(indexes, object, changes);
};

const targetOf = ({ group, spec }: HttpLocalRateLimitPolicy): ResourceStatus['target'] & object => ({
  group,
  kind: 'Server',
  name: spec.server.name,
});

/** The status of a resource; undefined for kinds that have none. */
export const statusOf = (indexes: Indexes, object: KubernetesObject): ResourceStatus | undefined => {
  const handling = handlingOf(object);
  if (!handling?.conditions && !handling?.parents) return undefined;
  return {
    key: keyOf(object),
    generation: object.metadata.generation,
    conditions: handling.conditions?.(indexes, object) ?? [],
    parents: handling.parents?.(indexes, object) ?? [],
    ...(object.kind === 'HTTPLocalRateLimitPolicy' && { target: targetOf(object) }),
  };
};
