/**
 * Which answers depend on an object, found through the indexes, and named in `changes`. The catalog asks before it takes
 * an object out and after it has put one in, so an answer that depends on either state is named.
 *
 *     authentication -> AuthorizationPolicy -> route -> Server -> (workload, port) -> endpoints -> service
 */
import {
  type AuthorizationPolicy,
  type EgressNetwork,
  type HttpLocalRateLimitPolicy,
  keyOf,
  keyText,
  type MeshTlsAuthentication,
  type NetworkAuthentication,
  type ParentRef,
  type Resource,
  type Server,
  type ServerAuthorization,
  type ServiceProfile,
  type UnreadableResource,
} from '@heddle/crds';
import type { EndpointSlice, Namespace, Node, Pod, Service, ServiceAccount } from '@heddle/crds/core';
import { parseServiceName } from '@heddle/names';
import { authorizes } from './authorizations.ts';
import type { ChangeSet } from './changes.ts';
import type { Indexes } from './indexes.ts';
import { serverOf } from './rate-limits.ts';
import { destinationAsParent, type Route, serverAsParent, serversNamedBy } from './routes.ts';
import { portsOf, serverKey, workloadsOf } from './servers.ts';
import { clusterAddresses, serviceKey, serviceOfSlice } from './services.ts';
import type { Workload } from './workload.ts';

const touchStatus = (resource: Resource | UnreadableResource, changes: ChangeSet): void => {
  changes.statuses.add(keyText(keyOf(resource)));
};

export const touchPod = (indexes: Indexes, { metadata }: Pod, changes: ChangeSet): void => {
  const workload = indexes.workloads.get(metadata.namespace, metadata.name);
  if (workload) touchWorkload(indexes, workload, changes);
};

/** Everything said about a workload, or derived from what it says. */
const touchWorkload = (indexes: Indexes, workload: Workload, changes: ChangeSet): void => {
  changes.addInbound(workload.key, 'all');
  for (const server of indexes.servers.selecting(workload)) touchStatus(server, changes);
  touchReachability(indexes, workload, changes);
};

/** How clients reach a workload. */
const touchReachability = (indexes: Indexes, workload: Workload, changes: ChangeSet): void => {
  for (const service of indexes.services.pointingAt(workload.key)) changes.endpoints.add(service);
  for (const { address } of workload.hostPorts) changes.addresses.add(address);
  for (const address of workload.addresses) {
    changes.addresses.add(address);
    for (const service of indexes.services.pointingAt(address)) changes.endpoints.add(service);
    // A pod with what looked like the address of a gateway: no kubelet calls from there.
    for (const node of indexes.nodes.withGateway(address)) touchNodeAddresses(indexes, node, changes);
  }
};

/** Annotations of a namespace are defaults of its pods and Services. */
export const touchNamespace = (
  indexes: Indexes,
  { metadata: { name: namespace } }: Namespace,
  changes: ChangeSet,
): void => {
  for (const workload of indexes.workloads.inNamespace(namespace)) touchWorkload(indexes, workload, changes);
  for (const service of indexes.services.inNamespace(namespace)) touchServiceAnswers(service, changes);
  for (const authentication of indexes.authorizations.referringTo({ kind: 'Namespace', name: namespace })) {
    touchStatus(authentication, changes);
  }
};

export const touchService = (indexes: Indexes, service: Service, changes: ChangeSet): void => {
  const { namespace, name } = service.metadata;
  touchServiceAnswers(service, changes);
  touchDestination(indexes, destinationAsParent('Service', namespace, name), changes);
};

const touchServiceAnswers = (service: Service, changes: ChangeSet): void => {
  const key = serviceKey(service);
  changes.endpoints.add(key);
  changes.services.add(key);
  for (const address of clusterAddresses(service)) changes.addresses.add(address);
};

export const touchServiceProfile = (indexes: Indexes, { metadata }: ServiceProfile, changes: ChangeSet): void => {
  const name = parseServiceName(metadata.name, indexes.options.clusterDomain);
  if (name.kind === 'error') return;
  const service = indexes.services.get(name.value.namespace, name.value.service);
  if (service) touchServiceAnswers(service, changes);
};

export const touchSlice = (_: Indexes, slice: EndpointSlice, changes: ChangeSet): void => {
  changes.endpoints.add(serviceOfSlice(slice));
};

export const touchNode = (indexes: Indexes, { metadata }: Node, changes: ChangeSet): void => {
  changes.nodes.add(metadata.name);
  touchNodeAddresses(indexes, metadata.name, changes);
};

/** The ports that a node's kubelet asks something of. */
const touchNodeAddresses = ({ workloads }: Indexes, node: string, changes: ChangeSet): void => {
  for (const workload of workloads.onNode(node)) changes.addInbound(workload.key, workload.calls.keys());
};

export const touchEgressNetwork = (indexes: Indexes, network: EgressNetwork, changes: ChangeSet): void => {
  const { metadata } = network;
  touchStatus(network, changes);
  changes.egress.add(metadata.namespace);
  touchDestination(indexes, destinationAsParent('EgressNetwork', metadata.namespace, metadata.name), changes);
};

/** The statuses of routes that have a destination as their parent or their backend. */
const touchDestination = ({ routes }: Indexes, destination: ParentRef, changes: ChangeSet): void => {
  for (const route of routes.naming(destination)) touchStatus(route, changes);
  for (const route of routes.forwardingTo(destination)) touchStatus(route, changes);
};

export const touchServiceAccount = (
  { authorizations }: Indexes,
  { metadata: { namespace, name } }: ServiceAccount,
  changes: ChangeSet,
): void => {
  const ref = { kind: 'ServiceAccount', namespace, name } as const;
  for (const policy of authorizations.requiring(ref)) touchStatus(policy, changes);
  for (const authentication of authorizations.referringTo(ref)) touchStatus(authentication, changes);
};

/** A Server: the ports it may own, how its pods are reached, and whoever refers to it or competes with it. */
export const touchServer = (indexes: Indexes, server: Server, changes: ChangeSet): void => {
  touchServerPolicy(indexes, server, changes);
  for (const workload of workloadsOf(server, indexes.workloads)) {
    touchReachability(indexes, workload, changes);
    for (const rival of indexes.servers.selecting(workload)) touchStatus(rival, changes);
  }
  const { authorizations, rateLimits, routes } = indexes;
  for (const policy of authorizations.onServer(server)) touchStatus(policy, changes);
  for (const authorization of authorizations.serverAuthorizationsOn(server)) touchStatus(authorization, changes);
  for (const limit of rateLimits.on(serverKey(server))) touchStatus(limit, changes);
  for (const route of routes.naming(serverAsParent(server))) touchStatus(route, changes);
};

/** What a Server's ports answer, without touching who owns them. */
const touchServerPolicy = (indexes: Indexes, server: Server, changes: ChangeSet): void => {
  indexes.serverPolicies.delete(serverKey(server));
  touchStatus(server, changes);
  for (const workload of workloadsOf(server, indexes.workloads)) {
    changes.addInbound(workload.key, portsOf(server, workload));
  }
};

const touchServersNamed = (indexes: Indexes, servers: Iterable<string>, changes: ChangeSet): void => {
  for (const key of servers) {
    const server = indexes.servers.at(key);
    if (server) touchServerPolicy(indexes, server, changes);
  }
};

export const touchAuthentication = (
  indexes: Indexes,
  authentication: MeshTlsAuthentication | NetworkAuthentication,
  changes: ChangeSet,
): void => {
  touchStatus(authentication, changes);
  const { kind, metadata } = authentication;
  const ref = { kind, namespace: metadata.namespace, name: metadata.name };
  for (const policy of indexes.authorizations.requiring(ref)) touchAuthorizationPolicy(indexes, policy, changes);
};

export const touchAuthorizationPolicy = (indexes: Indexes, policy: AuthorizationPolicy, changes: ChangeSet): void => {
  touchStatus(policy, changes);
  const { namespace } = policy.metadata;
  const { target } = policy.spec;
  switch (target.kind) {
    case 'Namespace':
      for (const server of indexes.servers.inNamespace(namespace)) touchServerPolicy(indexes, server, changes);
      return;
    case 'Server':
      return touchServersNamed(indexes, [`${namespace}/${target.name}`], changes);
    case 'HTTPRoute':
    case 'GRPCRoute': {
      const group = target.kind === 'HTTPRoute' ? target.group : 'gateway.networking.k8s.io';
      const route = indexes.routes.get(target.kind, group, namespace, target.name);
      if (route) touchServersNamed(indexes, serversNamedBy(route), changes);
    }
  }
};

export const touchServerAuthorization = (
  indexes: Indexes,
  authorization: ServerAuthorization,
  changes: ChangeSet,
): void => {
  touchStatus(authorization, changes);
  for (const server of indexes.servers.inNamespace(authorization.metadata.namespace)) {
    if (authorizes(authorization, server)) touchServerPolicy(indexes, server, changes);
  }
};

export const touchRoute = (indexes: Indexes, route: Route, changes: ChangeSet): void => {
  touchStatus(route, changes);
  for (const policy of indexes.authorizations.onRoute(route)) touchStatus(policy, changes);
  for (const parent of route.spec.parentRefs) {
    for (const rival of indexes.routes.naming(parent)) touchStatus(rival, changes);
  }
  const servers = serversNamedBy(route);
  touchServersNamed(indexes, servers, changes);
  // Whether the kubelet gets through depends on the routes of a Server that cannot be read, too.
  for (const server of servers) {
    const closure = indexes.closures.standingFor(server);
    if (closure) touchUnreadable(indexes, closure, changes);
  }
};

export const touchRateLimit = (indexes: Indexes, policy: HttpLocalRateLimitPolicy, changes: ChangeSet): void => {
  const server = serverOf(policy);
  for (const rival of indexes.rateLimits.on(server)) touchStatus(rival, changes);
  touchServersNamed(indexes, [server], changes);
};

/** Of what cannot be read: the ports it closes, and the Servers that lose them. */
export const touchUnreadable = (indexes: Indexes, closure: UnreadableResource, changes: ChangeSet): void => {
  touchStatus(closure, changes);
  const { closes, metadata } = closure;
  if (closes.kind === 'ports') {
    for (const workload of indexes.workloads.selectedBy(metadata.namespace, closes.selector)) {
      changes.addInbound(workload.key, 'all');
      for (const server of indexes.servers.selecting(workload)) touchStatus(server, changes);
    }
  } else if (closes.kind === 'servers') {
    const named = closes.names?.map((name) => `${metadata.namespace}/${name}`);
    touchServersNamed(indexes, named ?? [...indexes.servers.inNamespace(metadata.namespace)].map(serverKey), changes);
  } else if (closes.kind === 'egress') {
    changes.egress.add(metadata.namespace);
  }
};
