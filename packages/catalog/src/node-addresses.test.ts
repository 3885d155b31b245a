import { formatIp } from '@heddle/names';
import { describe, expect, test } from 'vitest';
import { gatewaysOf, ownAddressesOf } from './node-addresses.ts';
import { buildNode } from './testing/index.ts';

describe("the addresses of a node's kubelet", () => {
  test.each<[string, Parameters<typeof buildNode>[2], readonly string[]]>([
    ['nothing is known', {}, []],
    ['the status names addresses', { ips: ['192.168.1.4', 'fd00::4', 'not an address'] }, ['192.168.1.4', 'fd00::4']],
    ['Cilium writes its own', { annotations: { 'network.cilium.io/ipv4-cilium-host': '10.0.1.93' } }, ['10.0.1.93']],
    ['an older Cilium does', { annotations: { 'io.cilium.network.ipv6-cilium-host': 'fd01::93' } }, ['fd01::93']],
    ['Calico writes its own', { annotations: { 'projectcalico.org/IPv4Address': '172.18.0.3/16' } }, ['172.18.0.3']],
    [
      'Calico tunnels',
      { annotations: { 'projectcalico.org/IPv4VXLANTunnelAddr': '192.168.49.64' } },
      ['192.168.49.64'],
    ],
    [
      'OVN-Kubernetes has a port in the subnet of the node',
      { annotations: { 'k8s.ovn.org/node-subnets': '{"default":["10.128.2.0/23","fd02:0:0:4::/64"]}' } },
      ['10.128.2.2', 'fd02:0:0:4::2'],
    ],
    [
      'an older OVN-Kubernetes does',
      { annotations: { 'k8s.ovn.org/node-subnets': '{"default":"10.128.2.0/23"}' } },
      ['10.128.2.2'],
    ],
    ['what it writes makes no sense', { annotations: { 'k8s.ovn.org/node-subnets': '{"default":[7,"x"]}' } }, []],
    ['what it writes is no JSON', { annotations: { 'k8s.ovn.org/node-subnets': '{' } }, []],
    ['what it writes is null', { annotations: { 'k8s.ovn.org/node-subnets': 'null' } }, []],
  ])('where %s', (_, parts, expected) => {
    expect(ownAddressesOf(buildNode('n', '', parts)).map(formatIp)).toEqual(expected);
  });

  test('by custom, the first of each of its pod networks', () => {
    const node = buildNode('n', '', { podCidrs: ['10.244.3.0/24', 'fd00:10:244:3::/64', 'x', '10.0.0.1/32'] });
    expect(gatewaysOf(node).map(formatIp)).toEqual(['10.244.3.1', 'fd00:10:244:3::1']);
  });
});
