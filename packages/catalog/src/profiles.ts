/** What is known about a target before anything is sent to it (wire §3.7 "GetProfile"). */
import type { Service } from '@heddle/crds/core';
import { formatIp, type IpAddress, serviceAuthorityName } from '@heddle/names';
import { endpointsOf } from './endpoints.ts';
import { isOpaquePort } from './inbound.ts';
import type { Indexes } from './indexes.ts';
import { serviceRef } from './outbound.ts';
import type { Profile, RetryBudget } from './profile-model.ts';
import { callsOpaque, profilePart, serviceProfileFor } from './service-profiles.ts';
import { serviceProtocol } from './service-protocol.ts';
import { portOfService, sharedAddress } from './services.ts';
import type { AddressTarget, ServiceTarget, Target } from './target.ts';
import type { Workload } from './workload.ts';
import { bareEndpoint, workloadEndpoint } from './workload-endpoint.ts';

export type ProfileAnswer =
  | { readonly kind: 'profile'; readonly profile: Profile }
  /** The cluster contradicts itself; a guess might send traffic to the wrong place. */
  | { readonly kind: 'conflict'; readonly message: string };

const RETRY_BUDGET: RetryBudget = { ratio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 };

/** What a client takes as "nothing is known": it forwards to the original destination, or as the policy says. */
const EMPTY: ProfileAnswer = { kind: 'profile', profile: { isOpaque: false } };

/** @param clientNamespace where the client is, whose ServiceProfiles count first; undefined when that is not known */
export const profileOf = (indexes: Indexes, target: Target, clientNamespace: string | undefined): ProfileAnswer =>
  target.kind === 'address'
    ? profileOfAddress(indexes, target, clientNamespace)
    : profileOfName(indexes, target, clientNamespace);

const profileOfAddress = (indexes: Indexes, { ip, port }: AddressTarget, clientNamespace?: string): ProfileAnswer => {
  const address = formatIp(ip);
  const [service, another] = indexes.services.at(address);
  if (service && another) return { kind: 'conflict', message: sharedAddress(address) };
  if (service) return profileOfService(indexes, service, port, clientNamespace);
  return { kind: 'profile', profile: whoeverIsAt(indexes, { ip, port }) };
};

/** The workload at an address, else the one that a port of a node leads to, else the address alone. */
const whoeverIsAt = (indexes: Indexes, { ip, port }: Pick<AddressTarget, 'ip' | 'port'>): Profile => {
  const address = formatIp(ip);
  const workload = indexes.workloads.at(address);
  if (workload) return profileOfWorkload(indexes, workload, ip, port);
  const behind = indexes.workloads.behindHostPort(address, port);
  const own = behind?.workload.ips.find(({ kind }) => kind === ip.kind);
  // Meshed, it is reached where its proxy listens, which is not on the node.
  if (behind?.workload.controlPlane !== undefined && own) {
    return profileOfWorkload(indexes, behind.workload, own, behind.port);
  }
  return { isOpaque: false, endpoint: bareEndpoint(ip, port) };
};

const profileOfWorkload = (indexes: Indexes, workload: Workload, ip: IpAddress, port: number): Profile => ({
  isOpaque: isOpaquePort(indexes, workload, port),
  endpoint: workloadEndpoint(indexes, workload, ip, port, {}),
});

const profileOfName = (indexes: Indexes, target: ServiceTarget, clientNamespace?: string): ProfileAnswer => {
  const service = indexes.services.get(target.namespace, target.service);
  if (!service || service.spec.type === 'ExternalName') return EMPTY;
  if (target.instance === undefined) return profileOfService(indexes, service, target.port, clientNamespace);
  const [endpoint] = endpointsOf(indexes, target)?.endpoints ?? [];
  if (!endpoint) return EMPTY;
  const workload = indexes.workloads.at(formatIp(endpoint.address.ip));
  const isOpaque = workload !== undefined && isOpaquePort(indexes, workload, endpoint.address.port);
  return { kind: 'profile', profile: { isOpaque, endpoint } };
};

const profileOfService = (
  indexes: Indexes,
  service: Service,
  port: number,
  clientNamespace: string | undefined,
): ProfileAnswer => {
  const servicePort = portOfService(service, port);
  if (!servicePort) return EMPTY;
  const { namespace, name } = service.metadata;
  const written = serviceProfileFor(indexes, service, clientNamespace);
  return {
    kind: 'profile',
    profile: {
      fullyQualifiedName: serviceAuthorityName({ service: name, namespace }, indexes.options.clusterDomain),
      isOpaque:
        serviceProtocol(indexes, service, servicePort) === 'opaque' || (written ? callsOpaque(written, port) : false),
      retryBudget: RETRY_BUDGET,
      parentRef: serviceRef(service, port),
      ...(written ? profilePart(written, port) : {}),
    },
  };
};
