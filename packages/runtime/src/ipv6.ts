/**
 * Listening on a machine that has no IPv6, or has it without a loopback address: pods of such nodes must start with the
 * same configuration as everywhere. Nothing is opened by that: where there is no IPv6, nobody comes by it.
 */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { SocketAddressText } from './text-parsers.ts';

export interface Ipv6 {
  /** Whether the kernel has it at all. */
  readonly isKnown: boolean;
  /** Whether `::1` is an address here: an interface may have been denied IPv6 by a sysctl. */
  readonly hasLoopback: boolean;
}

export const ipv6Here = (): Ipv6 => ({
  isKnown: existsSync('/proc/net/if_inet6'),
  hasLoopback: Object.values(networkInterfaces()).some((infos) => infos?.some(({ address }) => address === '::1')),
});

/** `::` as what every address is here. */
export const everyAddress = (host: string, { isKnown } = ipv6Here()): string =>
  host === '::' && !isKnown ? '0.0.0.0' : host;

/** Without `::1` where that is no address; what would be left empty stays, so that its failure is seen. */
export const reachableLoopbacks = (
  addresses: readonly SocketAddressText[],
  { hasLoopback } = ipv6Here(),
): readonly SocketAddressText[] => {
  const reachable = addresses.filter(({ host }) => host !== '::1' || hasLoopback);
  return reachable.length === 0 ? addresses : reachable;
};
