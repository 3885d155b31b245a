/** Reference interpreter, part: who is granted. An authorization applies when its network and its authentication do. */
import type { IpAddress, IpNetwork } from '@heddle/names';
import type { Authorization, ConnectionFacts, RuleRef } from '../model.ts';

const bitsOf = (ip: IpAddress): string =>
  ip.kind === 'v4'
    ? `4:${ip.bits.toString(2).padStart(32, '0')}`
    : `6:${ip.words.map((word) => word.toString(2).padStart(32, '0')).join('')}`;

const isIn = (ip: IpAddress, { base, prefixLength }: IpNetwork): boolean =>
  bitsOf(ip).startsWith(bitsOf(base).slice(0, prefixLength + 2));

const applies = ({ networks, authentication }: Authorization, { clientIp, tls }: ConnectionFacts): boolean => {
  const isFromThere = networks.some(
    ({ net, except }) => isIn(clientIp, net) && !except.some((hole) => isIn(clientIp, hole)),
  );
  if (!isFromThere) return false;
  if (authentication.kind === 'unauthenticated') return true;
  if (authentication.kind === 'tls') return tls.kind !== 'none';
  if (tls.kind !== 'mutual') return false;
  const name = tls.identity;
  if (authentication.identities.includes(name)) return true;
  const labels = name.split('.');
  const isUri = name.includes('://');
  return authentication.suffixes.some(
    (suffix) =>
      !isUri &&
      labels.length > suffix.length &&
      suffix.every((label, at) => labels[labels.length - suffix.length + at] === label),
  );
};

/** The first authorization that applies; the workload itself always may. */
export const grantFor = (authorizations: readonly Authorization[], client: ConnectionFacts): RuleRef | undefined =>
  client.isLocal ? { kind: 'default', name: 'localhost' } : authorizations.find((each) => applies(each, client))?.ref;
