/** The outbound policy of a target in its default form: one route to one balanced backend (wire §3.8). */
import type { EgressNetwork } from '@heddle/crds';
import type { Service } from '@heddle/crds/core';
import { formatIp, networkContains, serviceAuthorityName } from '@heddle/names';
import type { Indexes } from './indexes.ts';
import { egressFallback, egressNetworkPolicy } from './outbound-egress.ts';
import type { Backend, OutboundPolicy, OutboundProtocol, OutboundRef } from './outbound-model.ts';
import { opaqueRoute, protocolTo, QUEUE, SERVICE_ROUTES } from './outbound-routes.ts';
import { serviceProtocol } from './service-protocol.ts';
import { portOfService, sharedAddress } from './services.ts';
import type { AddressTarget, Target } from './target.ts';

export type OutboundAnswer =
  | { readonly kind: 'policy'; readonly policy: OutboundPolicy }
  /** No policy is known for the target. A client forwards to it as its profile says, or in plaintext. */
  | { readonly kind: 'notFound' }
  /** The cluster contradicts itself; a guess might send traffic to the wrong place. */
  | { readonly kind: 'conflict'; readonly message: string };

const PEAK_EWMA = { defaultRttMs: 30, decayMs: 10_000 } as const;

/** @param clientNamespace where the client is, whose EgressNetworks count first; undefined when that is not known */
export const outboundPolicyOf = (
  indexes: Indexes,
  target: Target,
  clientNamespace: string | undefined,
): OutboundAnswer => {
  if (target.kind === 'address') return policyOfAddress(indexes, target, clientNamespace);
  const service = indexes.services.get(target.namespace, target.service);
  if (!service || target.instance !== undefined || service.spec.type === 'ExternalName') return { kind: 'notFound' };
  return { kind: 'policy', policy: servicePolicy(indexes, service, target.port) };
};

/**
 * A Service's address, else a workload's (which its profile describes: an EgressNetwork that speaks of it must not take its
 * identity away), else an EgressNetwork's, else an address outside the cluster.
 */
const policyOfAddress = (indexes: Indexes, target: AddressTarget, clientNamespace?: string): OutboundAnswer => {
  const { egressNetworks, options, services, workloads } = indexes;
  const address = formatIp(target.ip);
  const [service, another] = services.at(address);
  if (service && another) return { kind: 'conflict', message: sharedAddress(address) };
  if (service) return { kind: 'policy', policy: servicePolicy(indexes, service, target.port) };
  if (workloads.at(address) ?? workloads.behindHostPort(address, target.port)) return { kind: 'notFound' };
  const network = egressNetworks.speakingOf(target.ip, clientNamespace, options);
  const isOutside = !options.clusterNetworks.some((own) => networkContains(own, target.ip));
  const closed = isOutside ? closedEgress(indexes, network, clientNamespace) : undefined;
  const deciding = closed ?? network;
  if (deciding) return { kind: 'policy', policy: egressNetworkPolicy(deciding, target) };
  return isOutside ? { kind: 'policy', policy: egressFallback(target) } : { kind: 'notFound' };
};

/** What cannot be read may have denied anything, in its own namespace before everybody's. */
const closedEgress = (
  { closures, options }: Indexes,
  speaking: EgressNetwork | undefined,
  clientNamespace: string | undefined,
): EgressNetwork | undefined => {
  const isOwn = speaking !== undefined && speaking.metadata.namespace === clientNamespace;
  const closure =
    (clientNamespace === undefined ? undefined : closures.onEgress(clientNamespace)) ??
    (isOwn ? undefined : closures.onEgress(options.globalEgressNamespace));
  return (
    closure && {
      group: 'policy.linkerd.io',
      kind: 'EgressNetwork',
      metadata: closure.metadata,
      spec: { trafficPolicy: 'Deny' },
    }
  );
};

const servicePolicy = (indexes: Indexes, service: Service, port: number): OutboundPolicy => {
  const ref = serviceRef(service, port);
  const servicePort = portOfService(service, port);
  if (!servicePort) return { ref, protocol: FORBIDDEN };
  const { namespace, name } = service.metadata;
  const authority = serviceAuthorityName({ service: name, namespace }, indexes.options.clusterDomain);
  const backend: Backend = {
    ref,
    target: { kind: 'balancer', path: `${authority}:${port}`, ...PEAK_EWMA },
    queue: QUEUE,
  };
  return { ref, protocol: protocolTo(serviceProtocol(indexes, service, servicePort), backend) };
};

/** A port that the Service does not define: nothing may be sent to it. */
const FORBIDDEN: OutboundProtocol = {
  kind: 'opaque',
  route: opaqueRoute(SERVICE_ROUTES.opaque, [{ kind: 'forbidden' }]),
};

/** A port of a Service as the parent of what is derived from it. */
export const serviceRef = ({ metadata }: Service, port: number): OutboundRef => ({
  kind: 'resource',
  group: 'core',
  resource: 'Service',
  namespace: metadata.namespace,
  name: metadata.name,
  port,
});
