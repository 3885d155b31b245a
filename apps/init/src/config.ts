/** The command line as typed configuration; Linkerd's flag names and defaults (wire section 11.1). */
import { type IpNetwork, parseNetwork } from '@heddle/names';
import {
  durationMs,
  EnvironmentReader,
  expected,
  flag,
  integer,
  listOf,
  oneOf,
  parsed,
  type SocketAddressText,
  socketAddress,
  type TextParser,
  text,
} from '@heddle/runtime';
import type { RedirectionPlan } from './apply/redirection.ts';
import { iptablesModes } from './apply/tools.ts';
import { type FlagTable, formatFlags, parseFlags } from './flags.ts';
import type { PortRange } from './rules/port-ranges.ts';

export type InitConfig =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'redirect';
      readonly action: 'install' | 'cleanup';
      readonly plan: RedirectionPlan;
      readonly simulate: boolean;
      readonly netns: string | undefined;
    }
  | { readonly kind: 'validate'; readonly validation: ValidationConfig };

export interface ValidationConfig {
  /** Where redirected connections must arrive. */
  readonly outgoingProxyPort: number;
  /** Dialled; nobody may be there. */
  readonly targets: readonly SocketAddressText[];
  readonly timeoutMs: number;
}

const flags: FlagTable = {
  'incoming-proxy-port': { kind: 'value', short: 'p', help: 'inbound port of the proxy (4143)' },
  'outgoing-proxy-port': { kind: 'value', short: 'o', help: 'outbound port of the proxy (4140)' },
  'proxy-uid': { kind: 'value', short: 'u', help: 'user of the proxy, whose traffic is left alone (2102)' },
  'proxy-gid': { kind: 'value', short: 'g', help: 'group of the proxy, whose traffic is left alone (none)' },
  'inbound-ports-to-ignore': { kind: 'value', help: 'ports and ranges that reach the application directly' },
  'outbound-ports-to-ignore': { kind: 'value', help: 'ports and ranges that the application reaches directly' },
  'ports-to-redirect': { kind: 'value', short: 'r', help: 'redirect these inbound ports only (all)' },
  'subnets-to-ignore': { kind: 'value', help: 'sources (CIDR, IPv4 and IPv6) that reach the application directly' },
  'iptables-mode': { kind: 'value', help: 'nft, plain or legacy (the first that works, in this order)' },
  ipv6: { kind: 'switch', help: 'redirect IPv6 too (true)' },
  netns: { kind: 'value', help: 'path of the network namespace to work in (its own)' },
  'use-wait-flag': { kind: 'switch', short: 'w', help: 'wait for the xtables lock' },
  'timeout-close-wait-secs': { kind: 'value', help: 'nf_conntrack_tcp_timeout_close_wait to set (leave alone)' },
  simulate: { kind: 'switch', help: 'print what would be done; change nothing' },
  cleanup: { kind: 'switch', help: 'remove the rules' },
  'connect-addr': { kind: 'value', help: 'validate: unroutable addresses to dial (1.1.1.1:20001,[fd00::1]:20001)' },
  timeout: { kind: 'value', help: 'validate: how long to wait (10s)' },
  help: { kind: 'switch', short: 'h', help: 'this text' },
};

const usage = `Usage: init [flags]           redirect this network namespace's TCP traffic through the proxy
       init validate [flags]  prove that it is redirected; exit code 95 when it is not

${formatFlags(flags)}`;

/** @throws {ConfigError} with everything that is wrong */
export const readConfig = (args: readonly string[]): InitConfig => {
  const { values, positionals, problems } = parseFlags(args, flags);
  if (values['--help'] === 'true') return { kind: 'help', text: usage };
  const reader = new EnvironmentReader(values);
  for (const problem of problems) reader.problem(problem);
  const [command = 'redirect', ...extra] = positionals;
  if (extra.length > 0 || !['redirect', 'validate'].includes(command)) {
    reader.problem(`${positionals.join(' ')}: no such command; use none, or validate`);
  }
  const config = command === 'validate' ? readValidation(reader) : readRedirection(reader);
  reader.finish();
  return config;
};

const port = integer(1, 65_535);
const highestId = 4_294_967_294;

const readRedirection = (reader: EnvironmentReader): InitConfig => {
  const incomingProxyPort = reader.optional('--incoming-proxy-port', port, 4143);
  const outgoingProxyPort = reader.optional('--outgoing-proxy-port', port, 4140);
  if (incomingProxyPort === outgoingProxyPort) {
    reader.problem('--incoming-proxy-port and --outgoing-proxy-port must differ');
  }
  return {
    kind: 'redirect',
    action: reader.optional('--cleanup', flag, false) ? 'cleanup' : 'install',
    simulate: reader.optional('--simulate', flag, false),
    netns: reader.optional('--netns', text, undefined),
    plan: {
      options: {
        incomingProxyPort,
        outgoingProxyPort,
        proxyUid: reader.optional('--proxy-uid', integer(0, highestId), 2102),
        proxyGid: reader.optional('--proxy-gid', integer(0, highestId), undefined),
        inboundPortsToIgnore: reader.optional('--inbound-ports-to-ignore', listOf(portRange), []),
        outboundPortsToIgnore: reader.optional('--outbound-ports-to-ignore', listOf(portRange), []),
        portsToRedirect: reader.optional('--ports-to-redirect', listOf(portRange), []),
        subnetsToIgnore: reader.optional('--subnets-to-ignore', listOf(network), []),
      },
      families: reader.optional('--ipv6', flag, true) ? ['ipv4', 'ipv6'] : ['ipv4'],
      mode: reader.optional('--iptables-mode', oneOf(...iptablesModes), undefined),
      wait: reader.optional('--use-wait-flag', flag, false),
      closeWaitSeconds: reader.optional('--timeout-close-wait-secs', integer(1, 1_000_000), undefined),
    },
  };
};

const readValidation = (reader: EnvironmentReader): InitConfig => {
  const targets = reader.optional('--connect-addr', listOf(socketAddress), unroutable);
  const withIpv6 = reader.optional('--ipv6', flag, true);
  return {
    kind: 'validate',
    validation: {
      outgoingProxyPort: reader.optional('--outgoing-proxy-port', port, 4140),
      targets: targets?.filter(({ host }) => withIpv6 || !host.includes(':')),
      timeoutMs: reader.optional('--timeout', durationMs, 10_000),
    },
  };
};

/** What Linkerd's validator dials (features section 2.2). */
const unroutable: readonly SocketAddressText[] = [
  { host: '1.1.1.1', port: 20_001 },
  { host: 'fd00::1', port: 20_001 },
];

const portRange: TextParser<PortRange> = (value) => {
  const match = /^(\d{1,5})(?:[-:](\d{1,5}))?$/.exec(value);
  const first = Number(match?.[1] ?? 0);
  const last = Number(match?.[2] ?? first);
  return first >= 1 && last <= 65_535 && first <= last
    ? parsed({ first, last })
    : expected('a port or a range of ports, as in 4190 or 8000-8099');
};

const network: TextParser<IpNetwork> = (value) => {
  const result = parseNetwork(value);
  return result.kind === 'ok' ? result : expected('a network, as in 10.0.0.0/8 or fd00::/8');
};
