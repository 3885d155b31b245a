/**
 * What is redirected, as data: from options to the rules of one address family (wire section 11.1). Pure, and the only
 * place that knows which traffic passes around the proxy.
 *
 *     PREROUTING ──> PROXY_INIT_REDIRECT   RETURN   ignored inbound ports
 *                                          RETURN   ignored source subnets
 *                                          REDIRECT tcp -> inbound proxy
 *     OUTPUT ──────> PROXY_INIT_OUTPUT     RETURN   the proxy's own user, group
 *                                          RETURN   loopback
 *                                          RETURN   ignored outbound ports
 *                                          REDIRECT tcp -> outbound proxy
 */
import { formatNetwork, type IpNetwork } from '@heddle/names';
import { formatPortRange, multiportGroups, type PortRange } from './port-ranges.ts';

export type IpFamily = 'ipv4' | 'ipv6';

export interface RedirectOptions {
  readonly incomingProxyPort: number;
  readonly outgoingProxyPort: number;
  /** The proxy's user: what it sends is left alone. 0: no user is. */
  readonly proxyUid: number;
  readonly proxyGid: number | undefined;
  readonly inboundPortsToIgnore: readonly PortRange[];
  readonly outboundPortsToIgnore: readonly PortRange[];
  /** Empty: every port. Otherwise these inbound ports only; the rest passes around the proxy. */
  readonly portsToRedirect: readonly PortRange[];
  /** Sources whose connections are not redirected; each counts for its own family. */
  readonly subnetsToIgnore: readonly IpNetwork[];
}

export type Match =
  | { readonly kind: 'tcp' }
  | { readonly kind: 'tcpPort'; readonly port: PortRange }
  /** At most 15 slots. */
  | { readonly kind: 'tcpPorts'; readonly ports: readonly PortRange[] }
  | { readonly kind: 'source'; readonly network: IpNetwork }
  | { readonly kind: 'uid'; readonly uid: number }
  | { readonly kind: 'gid'; readonly gid: number }
  | { readonly kind: 'loopback' };

export interface Rule {
  readonly match: Match;
  readonly target: { readonly kind: 'return' } | { readonly kind: 'redirect'; readonly port: number };
  readonly comment: string;
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** The built-in chain of the nat table that jumps here, for every protocol. */
  readonly hook: { readonly from: 'PREROUTING' | 'OUTPUT'; readonly comment: string };
}

export type RuleSet = readonly Chain[];

/** Linkerd's names, so that its tools and runbooks find the rules, and so that a take-over replaces its chains. */
export const chainNames = { inbound: 'PROXY_INIT_REDIRECT', outbound: 'PROXY_INIT_OUTPUT' } as const;

/** The rules of one family, in the order in which the kernel tries them. */
export const ruleSetOf = (options: RedirectOptions, family: IpFamily): RuleSet => [
  {
    name: chainNames.inbound,
    rules: inboundRules(options, family),
    hook: { from: 'PREROUTING', comment: 'proxy-init/install-proxy-init-prerouting' },
  },
  {
    name: chainNames.outbound,
    rules: outboundRules(options),
    hook: { from: 'OUTPUT', comment: 'proxy-init/install-proxy-init-output' },
  },
];

const inboundRules = (options: RedirectOptions, family: IpFamily): Rule[] => [
  ...ignorePorts(options.inboundPortsToIgnore),
  ...options.subnetsToIgnore
    .filter(({ base }) => (base.kind === 'v4') === (family === 'ipv4'))
    .map((network) => passAround({ kind: 'source', network }, `ignore-subnet-${formatNetwork(network)}`)),
  ...(options.portsToRedirect.length === 0
    ? [redirect({ kind: 'tcp' }, options.incomingProxyPort, 'redirect-all-incoming-to-proxy-port')]
    : options.portsToRedirect.map((port) =>
        redirect(
          { kind: 'tcpPort', port },
          options.incomingProxyPort,
          `redirect-port-${formatPortRange(port)}-to-proxy-port`,
        ),
      )),
];

const outboundRules = (options: RedirectOptions): Rule[] => [
  ...(options.proxyUid === 0 ? [] : [passAround({ kind: 'uid', uid: options.proxyUid }, 'ignore-proxy-user-id')]),
  ...(options.proxyGid === undefined
    ? []
    : [passAround({ kind: 'gid', gid: options.proxyGid }, 'ignore-proxy-group-id')]),
  passAround({ kind: 'loopback' }, 'ignore-loopback'),
  ...ignorePorts(options.outboundPortsToIgnore),
  redirect({ kind: 'tcp' }, options.outgoingProxyPort, 'redirect-all-outgoing-to-proxy-port'),
];

const ignorePorts = (ranges: readonly PortRange[]): Rule[] =>
  multiportGroups(ranges).map((ports) =>
    passAround({ kind: 'tcpPorts', ports }, `ignore-port-${ports.map(formatPortRange).join(',')}`),
  );

const passAround = (match: Match, comment: string): Rule => ({
  match,
  target: { kind: 'return' },
  comment: `proxy-init/${comment}`,
});

const redirect = (match: Match, port: number, comment: string): Rule => ({
  match,
  target: { kind: 'redirect', port },
  comment: `proxy-init/${comment}`,
});
