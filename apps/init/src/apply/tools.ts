/** The programs of each mode, and which mode works here. */
import type { IpFamily } from '../rules/rule-set.ts';
import type { Command, RunCommand } from './command.ts';

export const iptablesModes = ['nft', 'legacy', 'plain'] as const;
/** `nft`: iptables over nf_tables. `legacy`: the older kernel interface. `plain`: whichever `iptables` is. */
export type IptablesMode = (typeof iptablesModes)[number];

/** The order in which modes are tried when none is given. */
export const preferredModes = ['nft', 'plain', 'legacy'] as const satisfies readonly IptablesMode[];

export interface Tools {
  readonly mode: IptablesMode;
  /** Prints the nat table. */
  save(family: IpFamily): Command;
  /** Applies lines to the nat table in one step, leaving all else alone. */
  restore(family: IpFamily, input: string): Command;
}

/** `wait`: wait for the xtables lock instead of failing when another process holds it. */
export const toolsOf = (mode: IptablesMode, wait: boolean): Tools => {
  const name = (family: IpFamily): string =>
    `${family === 'ipv4' ? 'iptables' : 'ip6tables'}${mode === 'plain' ? '' : `-${mode}`}`;
  return {
    mode,
    save: (family) => ({ program: `${name(family)}-save`, args: ['-t', 'nat'] }),
    restore: (family, input) => ({
      program: `${name(family)}-restore`,
      args: ['--noflush', ...(wait ? ['--wait'] : [])],
      input,
    }),
  };
};

export type ToolsResult =
  | { readonly kind: 'ok'; readonly tools: Tools }
  | { readonly kind: 'failed'; readonly why: string };

/** The given mode, or the first of the preferred ones whose rules can be read. */
export const chooseTools = async (
  mode: IptablesMode | undefined,
  wait: boolean,
  run: RunCommand,
): Promise<ToolsResult> => {
  const failures: string[] = [];
  for (const candidate of mode === undefined ? preferredModes : [mode]) {
    const tools = toolsOf(candidate, wait);
    const result = await run(tools.save('ipv4'));
    if (result.kind === 'ok') return { kind: 'ok', tools };
    failures.push(result.why);
  }
  return { kind: 'failed', why: failures.join('\n') };
};
