/** Installs, shows or removes the rules in one network namespace. */
import { cleanupText, installText } from '../rules/restore-text.ts';
import { type IpFamily, type RedirectOptions, ruleSetOf } from '../rules/rule-set.ts';
import { parseSavedNat, type SavedNat } from '../rules/saved-rules.ts';
import { type Command, describeCommand, type RunCommand } from './command.ts';
import { chooseTools, type IptablesMode, preferredModes, type Tools, toolsOf } from './tools.ts';

export interface RedirectionPlan {
  readonly options: RedirectOptions;
  readonly families: readonly IpFamily[];
  /** Undefined: whichever works. */
  readonly mode: IptablesMode | undefined;
  /** Wait for the xtables lock. */
  readonly wait: boolean;
  /** How long the kernel remembers a half-closed connection; undefined: as it is. */
  readonly closeWaitSeconds: number | undefined;
}

export type Outcome =
  /** `changes`: the commands that were run, in words, with their input. */
  | { readonly kind: 'done'; readonly mode: string; readonly changes: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Makes the rules what the plan says; run again, it changes nothing. Each family is changed in one step; a failure
 * leaves what was there before in that family.
 */
export const installRedirection = async (plan: RedirectionPlan, run: RunCommand): Promise<Outcome> => {
  const chosen = await chooseTools(plan.mode, plan.wait, run);
  if (chosen.kind === 'failed') return chosen;
  const { tools } = chosen;
  const commands: Command[] = [];
  for (const family of plan.families) {
    const current = await readNat(tools, family, run);
    if (current.kind === 'failed') return current;
    commands.push(tools.restore(family, installText(ruleSetOf(plan.options, family), current.nat)));
  }
  if (plan.closeWaitSeconds !== undefined) commands.push(closeWaitCommand(plan.closeWaitSeconds));
  return perform(commands, tools.mode, run);
};

/** Removes our chains and every jump to them; without a mode, those of every mode that can be read. */
export const removeRedirection = async (
  { families, mode, wait }: Pick<RedirectionPlan, 'families' | 'mode' | 'wait'>,
  run: RunCommand,
): Promise<Outcome> => {
  const changes: string[] = [];
  for (const family of families) {
    const failures: string[] = [];
    const candidates = mode === undefined ? preferredModes : [mode];
    // One after the other: `plain` is one of the others under another name, and then finds nothing left.
    for (const tools of candidates.map((candidate) => toolsOf(candidate, wait))) {
      const current = await readNat(tools, family, run);
      if (current.kind === 'failed') {
        failures.push(current.why);
        continue;
      }
      const text = cleanupText(current.nat);
      if (text === undefined) continue;
      const outcome = await perform([tools.restore(family, text)], tools.mode, run);
      if (outcome.kind === 'failed') return outcome;
      changes.push(...outcome.changes);
    }
    if (failures.length === candidates.length) return { kind: 'failed', why: failures.join('\n') };
  }
  return { kind: 'done', mode: mode ?? 'any', changes };
};

const perform = async (commands: readonly Command[], mode: string, run: RunCommand): Promise<Outcome> => {
  for (const command of commands) {
    const result = await run(command);
    if (result.kind === 'failed') return result;
  }
  return { kind: 'done', mode, changes: commands.map(describeCommand) };
};

const readNat = async (
  tools: Tools,
  family: IpFamily,
  run: RunCommand,
): Promise<{ readonly kind: 'ok'; readonly nat: SavedNat } | { readonly kind: 'failed'; readonly why: string }> => {
  const saved = await run(tools.save(family));
  return saved.kind === 'failed' ? saved : { kind: 'ok', nat: parseSavedNat(saved.stdout) };
};

const closeWaitCommand = (seconds: number): Command => ({
  program: 'sysctl',
  args: ['-w', `net.netfilter.nf_conntrack_tcp_timeout_close_wait=${seconds}`],
});
