/** Who may read /metrics besides loopback (DESIGN section 2). */
import { type IpNetwork, networkContains, parseIp } from '@heddle/names';
import type { AdminPeer } from '@heddle/runtime';

export const mayScrape = (networks: readonly IpNetwork[], { address }: Pick<AdminPeer, 'address'>): boolean => {
  const ip = parseIp(address);
  return ip.kind === 'ok' && networks.some((network) => networkContains(network, ip.value));
};
