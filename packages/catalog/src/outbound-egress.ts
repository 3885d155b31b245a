/** The outbound policy of an address outside the cluster: forwarded to as it is, unless an EgressNetwork denies it. */
import type { EgressNetwork } from '@heddle/crds';
import { formatIp } from '@heddle/names';
import type { BackendTarget, OutboundPolicy, OutboundRef } from './outbound-model.ts';
import { protocolTo, QUEUE, type RouteForm } from './outbound-routes.ts';
import type { AddressTarget } from './target.ts';
import { bareEndpoint } from './workload-endpoint.ts';

/** Where no EgressNetwork speaks of the address. */
export const egressFallback = (target: AddressTarget): OutboundPolicy =>
  policyTo(target, { kind: 'default', name: 'egress-fallback' });

/** What an EgressNetwork says of an address that no route speaks of; routes on EgressNetworks are not followed yet. */
export const egressNetworkPolicy = ({ metadata, spec }: EgressNetwork, target: AddressTarget): OutboundPolicy => {
  const { namespace, name } = metadata;
  const { ip, port } = target;
  const ref: OutboundRef = {
    kind: 'resource',
    group: 'policy.linkerd.io',
    resource: 'EgressNetwork',
    namespace,
    name,
    port,
  };
  if (spec.trafficPolicy === 'Allow') return policyTo(target, ref, formOf('allow'));
  const denial = `EgressNetwork ${namespace}/${name} denies traffic to ${formatIp(ip)}`;
  return policyTo(target, ref, { ...formOf('deny'), denial });
};

const formOf = (verdict: string): RouteForm => ({
  http: { kind: 'default', name: `http-egress-${verdict}` },
  opaque: { kind: 'default', name: `opaq-egress-${verdict}` },
});

const policyTo = ({ ip, port }: AddressTarget, ref: OutboundRef, form?: RouteForm): OutboundPolicy => {
  const target: BackendTarget = { kind: 'forward', endpoint: bareEndpoint(ip, port) };
  return { ref, protocol: protocolTo('detect', { ref, target, queue: QUEUE }, form) };
};
