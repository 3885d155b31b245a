/**
 * From which addresses a node's kubelet reaches the pods of its node. A pod sees the address of the interface that leads
 * to it, and which one that is depends on the network plugin (docs/adr/0012):
 *
 *     bridge, ptp, flannel, kubenet, Antrea   the first address of the node's pod network
 *     Calico, Amazon VPC, Azure               an address of the node
 *     Cilium                                  the address of cilium_host, where it is written on the Node
 *     OVN-Kubernetes                          the second address of the node's subnet, written on the Node
 */
import type { Node } from '@heddle/crds/core';
import { hostOf, type IpAddress, parseIp, parseNetwork } from '@heddle/names';

/** Addresses that nobody but the node has. */
export const ownAddressesOf = ({ ips, metadata }: Node): readonly IpAddress[] => [
  ...ips.flatMap(addressFrom),
  ...ANNOTATIONS.flatMap((name) => addressFrom(metadata.annotations[name] ?? '')),
  ...managementPortsOf(metadata.annotations['k8s.ovn.org/node-subnets'] ?? ''),
];

/** Addresses that are the node's by custom, unless a pod has them: some plugins hand out every address of a network. */
export const gatewaysOf = ({ podCidrs }: Node): readonly IpAddress[] =>
  podCidrs.flatMap((cidr) => {
    const network = parseNetwork(cidr);
    return network.kind === 'ok' ? (hostOf(network.value, 1) ?? []) : [];
  });

/** Annotations that network plugins write: an address of the node, with or without the length of a prefix. */
const ANNOTATIONS = [
  'network.cilium.io/ipv4-cilium-host',
  'network.cilium.io/ipv6-cilium-host',
  'io.cilium.network.ipv4-cilium-host',
  'io.cilium.network.ipv6-cilium-host',
  'projectcalico.org/IPv4Address',
  'projectcalico.org/IPv6Address',
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv6VXLANTunnelAddr',
];

const addressFrom = (text: string): readonly IpAddress[] => {
  const ip = parseIp(text.replace(/\/\d+$/, ''));
  return ip.kind === 'ok' ? [ip.value] : [];
};

/** `{"default":["10.244.0.0/24"]}` or `{"default":"10.244.0.0/24"}`: the gateway comes first, then the node's own port. */
const managementPortsOf = (text: string): readonly IpAddress[] => {
  if (text === '') return [];
  try {
    const { default: subnets } = JSON.parse(text) as { readonly default?: unknown };
    return (Array.isArray(subnets) ? subnets : [subnets]).flatMap((subnet) => {
      const network = typeof subnet === 'string' ? parseNetwork(subnet) : undefined;
      if (network?.kind !== 'ok') return [];
      return hostOf(network.value, 2) ?? [];
    });
  } catch {
    return [];
  }
};
