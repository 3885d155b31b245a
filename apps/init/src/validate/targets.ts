/** Which address stands for "anywhere" in a family: an unroutable one, or a neighbour where there is no way out. */
import type { NetworkInterfaceInfo } from 'node:os';
import { formatIp, type IpAddress, ipv4, ipv6, orThrow, parseIp } from '@heddle/names';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * An address on the link of the first interface that has one of this family, loopback excepted: what a packet to
 * anywhere near would go to. Undefined when no packet of this family can leave.
 */
export const neighbour = (interfaces: Interfaces, family: 'IPv4' | 'IPv6'): string | undefined => {
  for (const [name, infos] of Object.entries(interfaces)) {
    const own = infos?.find((info) => info.family === family && !info.internal);
    if (own === undefined) continue;
    const next = formatIp(withLastBitFlipped(orThrow(parseIp(own.address))));
    return own.family === 'IPv6' && own.scopeid !== 0 ? `${next}%${name}` : next;
  }
  return undefined;
};

const withLastBitFlipped = (ip: IpAddress): IpAddress => {
  if (ip.kind === 'v4') return ipv4(ip.bits ^ 1);
  const [a, b, c, d] = ip.words;
  return ipv6([a, b, c, (d ^ 1) >>> 0]);
};
