/**
 * Rules as input of `iptables-restore --noflush`, which applies all of it in one step or none of it: there is no moment
 * in which a chain is flushed and not yet filled.
 */
import { formatNetwork } from '@heddle/names';
import { formatPortRange } from './port-ranges.ts';
import { type Chain, chainNames, type Match, type Rule, type RuleSet } from './rule-set.ts';
import { hasUnconditionalJump, jumpsTo, type SavedNat } from './saved-rules.ts';

/** Makes the chains what `rules` says, whatever was in them, and adds the jumps to them that are missing. */
export const installText = (rules: RuleSet, current: SavedNat): string =>
  restoreText([
    // Declaring a chain makes it, or empties it.
    ...rules.map(({ name }) => `:${name} - [0:0]`),
    ...rules.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${formatRule(rule)}`)),
    ...rules.filter(({ name, hook }) => !hasUnconditionalJump(current, hook.from, name)).map(formatJump),
  ]);

/** Takes away the jumps, then the chains; undefined when there is nothing of ours. */
export const cleanupText = (current: SavedNat): string | undefined => {
  const ours = Object.values(chainNames);
  const chains = ours.filter((name) => current.chains.has(name));
  const lines = [
    ...ours.flatMap((name) => jumpsTo(current, name)).map((rule) => rule.replace(/^-A /, '-D ')),
    ...chains.map((name) => `-F ${name}`),
    ...chains.map((name) => `-X ${name}`),
  ];
  return lines.length === 0 ? undefined : restoreText(lines);
};

const restoreText = (lines: readonly string[]): string => ['*nat', ...lines, 'COMMIT', ''].join('\n');

const formatJump = ({ name, hook }: Chain): string =>
  `-A ${hook.from} -m comment --comment "${hook.comment}" -j ${name}`;

const formatRule = ({ match, target, comment }: Rule): string => {
  const action = target.kind === 'return' ? 'RETURN' : `REDIRECT --to-ports ${target.port}`;
  return `${formatMatch(match)} -m comment --comment "${comment}" -j ${action}`;
};

const formatMatch = (match: Match): string => {
  switch (match.kind) {
    case 'tcp':
      return '-p tcp';
    case 'tcpPort':
      return `-p tcp -m tcp --dport ${formatPortRange(match.port)}`;
    case 'tcpPorts':
      return `-p tcp -m multiport --dports ${match.ports.map(formatPortRange).join(',')}`;
    case 'source':
      return `-s ${formatNetwork(match.network)}`;
    case 'uid':
      return `-m owner --uid-owner ${match.uid}`;
    case 'gid':
      return `-m owner --gid-owner ${match.gid}`;
    case 'loopback':
      return '-o lo';
  }
};
