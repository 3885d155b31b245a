/** What the rules do not catch, in sentences for the operator: nothing that passes around the proxy does so silently. */
import { formatNetwork } from '@heddle/names';
import type { PortRange } from './port-ranges.ts';
import type { RedirectOptions } from './rule-set.ts';

export const uncoveredTraffic = (options: RedirectOptions): string[] => [
  'UDP (QUIC and DNS included), SCTP and ICMP are left alone: they pass without mutual TLS and without policy; a NetworkPolicy can close them',
  ...portsNote(options.inboundPortsToIgnore, 'connections to port', 'reach the application without the proxy'),
  ...portsNote(options.outboundPortsToIgnore, 'connections from here to port', 'leave without the proxy'),
  ...(options.subnetsToIgnore.length === 0
    ? []
    : [
        `connections from ${options.subnetsToIgnore.map(formatNetwork).join(', ')} reach the application without the proxy`,
      ]),
  ...(options.portsToRedirect.length === 0
    ? []
    : [
        `only connections to port ${formatRanges(options.portsToRedirect)} go through the inbound proxy; every other port is open without it`,
      ]),
  ...(options.proxyUid === 0
    ? [
        'proxy-uid is 0, so no user is exempt: a proxy that runs as root sends its own traffic to itself, unless proxy-gid exempts it',
      ]
    : []),
];

const portsNote = (ranges: readonly PortRange[], who: string, what: string): string[] =>
  ranges.length === 0 ? [] : [`${who} ${formatRanges(ranges)} ${what}`];

const formatRanges = (ranges: readonly PortRange[]): string =>
  ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
