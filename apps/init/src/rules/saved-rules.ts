/** Reads what `iptables-save -t nat` prints, as far as redirection needs it: which chains there are, and the rules. */

export interface SavedNat {
  readonly chains: ReadonlySet<string>;
  /** Lines such as `-A PREROUTING -j PROXY_INIT_REDIRECT`, in order. */
  readonly rules: readonly string[];
}

/** Tables other than nat are passed over; no output at all is an empty table. */
export const parseSavedNat = (text: string): SavedNat => {
  const chains = new Set<string>();
  const rules: string[] = [];
  let isNat = false;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line.startsWith('*')) isNat = line === '*nat';
    else if (!isNat) continue;
    else if (line.startsWith(':')) chains.add(line.slice(1).split(' ')[0] ?? '');
    else if (line.startsWith('-A ')) rules.push(line);
  }
  return { chains, rules };
};

/** The rules, of whichever chain, that jump to `chain`. */
export const jumpsTo = (nat: SavedNat, chain: string): string[] =>
  nat.rules.filter((rule) => rule.endsWith(` -j ${chain}`));

/** Whether every packet of the built-in chain `from` comes to `chain`: a jump that matches only some does not count. */
export const hasUnconditionalJump = (nat: SavedNat, from: string, chain: string): boolean => {
  const jump = new RegExp(`^-A ${from}(?: -m comment --comment (?:"[^"]*"|\\S+))? -j ${chain}$`);
  return nat.rules.some((rule) => jump.test(rule));
};
