/** Whether a peer is the workload itself, which is always allowed (wire §8.2): whoever is inside it is it. */
import { type IpAddress, isLoopback, sameIp } from '@heddle/names';
import type { ProxyConfig } from '../config/model.ts';

/**
 * In a pod only the pod itself comes from loopback. Without redirection everybody on the machine may, so there the
 * workload has addresses of its own, which are named.
 */
export const isLocalPeer = (
  { localAddresses, redirection }: Pick<ProxyConfig, 'localAddresses' | 'redirection'>,
  peer: IpAddress,
): boolean =>
  localAddresses.length === 0 && redirection.kind === 'original-dst'
    ? isLoopback(peer)
    : localAddresses.some((each) => sameIp(each, peer));
