/** The outbound policy of a target in its default form: one route to one balanced backend (wire §3.8). */
import type { Service } from '@heddle/crds/core';
import { formatIp, networkContains, serviceAuthorityName } from '@heddle/names';
import type { Indexes } from './indexes.ts';
import type {
  Backend,
  BackendTarget,
  OpaqueFilter,
  OpaqueRoute,
  OutboundHttpRoute,
  OutboundPolicy,
  OutboundProtocol,
  OutboundRef,
} from './outbound-model.ts';
import { serviceProtocol } from './service-protocol.ts';
import { portOfService, sharedAddress } from './services.ts';
import type { AddressTarget, Target } from './target.ts';
import { bareEndpoint } from './workload-endpoint.ts';

export type OutboundAnswer =
  | { readonly kind: 'policy'; readonly policy: OutboundPolicy }
  /** No policy is known for the target. A client forwards to it as its profile says, or in plaintext. */
  | { readonly kind: 'notFound' }
  /** The cluster contradicts itself; a guess might send traffic to the wrong place. */
  | { readonly kind: 'conflict'; readonly message: string };

const DETECT_TIMEOUT_MS = 10_000;
const QUEUE = { capacity: 100, failfastTimeoutMs: 3_000 } as const;
const PEAK_EWMA = { defaultRttMs: 30, decayMs: 10_000 } as const;

export const outboundPolicyOf = (indexes: Indexes, target: Target): OutboundAnswer => {
  if (target.kind === 'address') return policyOfAddress(indexes, target);
  const service = indexes.services.get(target.namespace, target.service);
  if (!service || target.instance !== undefined || service.spec.type === 'ExternalName') return { kind: 'notFound' };
  return { kind: 'policy', policy: servicePolicy(indexes, service, target.port) };
};

/** A Service's address, else a workload's (which its profile describes), else an address outside the cluster. */
const policyOfAddress = (indexes: Indexes, target: AddressTarget): OutboundAnswer => {
  const address = formatIp(target.ip);
  const [service, another] = indexes.services.at(address);
  if (service && another) return { kind: 'conflict', message: sharedAddress(address) };
  if (service) return { kind: 'policy', policy: servicePolicy(indexes, service, target.port) };
  const isInCluster =
    indexes.workloads.at(address) !== undefined ||
    indexes.workloads.behindHostPort(address, target.port) !== undefined ||
    indexes.options.clusterNetworks.some((network) => networkContains(network, target.ip));
  return isInCluster ? { kind: 'notFound' } : { kind: 'policy', policy: egressPolicy(target) };
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
  return { ref, protocol: protocolFrom(serviceProtocol(indexes, service, servicePort), backend) };
};

const protocolFrom = (kind: OutboundProtocol['kind'], backend: Backend): OutboundProtocol => {
  const routes = [httpRoute(backend)];
  const route = opaqueRoute([], backend);
  switch (kind) {
    case 'http1':
    case 'http2':
      return { kind, routes };
    case 'opaque':
      return { kind, route };
    case 'detect':
      return { kind, timeoutMs: DETECT_TIMEOUT_MS, http1Routes: routes, http2Routes: routes, opaqueRoute: route };
  }
};

const httpRoute = (backend: Backend): OutboundHttpRoute => ({
  ref: { kind: 'default', name: 'http' },
  hosts: [],
  rules: [
    {
      matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }],
      filters: [],
      distribution: { kind: 'firstAvailable', backends: [backend] },
    },
  ],
});

const opaqueRoute = (filters: readonly OpaqueFilter[], backend?: Backend): OpaqueRoute => ({
  ref: { kind: 'default', name: 'opaq' },
  filters,
  distribution: backend ? { kind: 'firstAvailable', backends: [backend] } : { kind: 'empty' },
});

/** A port that the Service does not define: nothing may be sent to it. */
const FORBIDDEN: OutboundProtocol = { kind: 'opaque', route: opaqueRoute([{ kind: 'forbidden' }]) };

/** An address outside the cluster is forwarded to as it is. */
const egressPolicy = ({ ip, port }: AddressTarget): OutboundPolicy => {
  const ref: OutboundRef = { kind: 'default', name: 'egress-fallback' };
  const target: BackendTarget = { kind: 'forward', endpoint: bareEndpoint(ip, port) };
  return { ref, protocol: protocolFrom('detect', { ref, target, queue: QUEUE }) };
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
