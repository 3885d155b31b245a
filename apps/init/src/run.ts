/**
 * Composition root of init: the redirect rules of this network namespace, or the proof that they work. Runs once and
 * ends; what it says goes to the log, what `--simulate` and `--help` print goes to stdout as it is.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { systemClock } from '@heddle/runtime';
import { createLogger, type Logger } from '@heddle/telemetry';
import { commandRunner } from './apply/command.ts';
import { installRedirection, removeRedirection } from './apply/redirection.ts';
import { simulatingRunner } from './apply/simulate.ts';
import { type InitConfig, readConfig, type ValidationConfig } from './config.ts';
import { uncoveredTraffic } from './rules/uncovered.ts';
import { validateRedirection } from './validate/network-validator.ts';

/** `bypassed` is Linkerd's, by which its CNI repair controller knows a pod whose rules are missing. */
const exitCodes = { ok: 0, failed: 1, bypassed: 95 } as const;

type RedirectConfig = Extract<InitConfig, { kind: 'redirect' }>;

/** From arguments to an exit code. @throws {ConfigError} */
export const run = async (args: readonly string[]): Promise<number> => {
  const config = readConfig(args);
  if (config.kind === 'help') {
    process.stdout.write(config.text);
    return exitCodes.ok;
  }
  const isSimulated = config.kind === 'redirect' && config.simulate;
  const log = createLogger({
    name: 'init',
    level: 'info',
    // Beside a simulation's commands, words go to the other stream.
    ...(isSimulated ? { write: (line: string) => void process.stderr.write(line) } : {}),
  });
  return config.kind === 'redirect' ? redirect(config, log) : validate(config.validation, log);
};

const redirect = async ({ plan, netns, simulate, action }: RedirectConfig, log: Logger): Promise<number> => {
  // Without this file the kernel has no IPv6 at all: nothing to catch, and no rules to make.
  const hasIpv6 = existsSync('/proc/net/if_inet6');
  const families = plan.families.filter((family) => family === 'ipv4' || hasIpv6);
  const runner = commandRunner(netns);
  const print = (command: string): void => void process.stdout.write(`${command}\n`);
  const run = simulate ? simulatingRunner(runner, print) : runner;
  const outcome = await (action === 'install' ? installRedirection : removeRedirection)({ ...plan, families }, run);
  if (outcome.kind === 'failed') {
    log.error(outcome.why);
    return exitCodes.failed;
  }
  const { mode, changes } = outcome;
  if (action === 'install') {
    for (const note of uncoveredTraffic(plan.options)) log.info({ note: 'not redirected' }, note);
    if (!families.includes('ipv6')) log.warn({ note: 'not redirected' }, ipv6Note(hasIpv6));
  }
  log.info({ mode, families, changes }, doneText(action, simulate, changes.length));
  return exitCodes.ok;
};

const ipv6Note = (hasIpv6: boolean): string =>
  hasIpv6 ? 'IPv6 is left alone, as --ipv6=false says: it passes around the proxy' : 'this kernel has no IPv6';

const doneText = (action: RedirectConfig['action'], simulate: boolean, changes: number): string => {
  if (simulate) return 'simulated: nothing was changed';
  if (action === 'install') return 'TCP is redirected through the proxy';
  return changes === 0 ? 'there were no rules to remove' : 'the rules are removed';
};

const validate = async (config: ValidationConfig, log: Logger): Promise<number> => {
  const token = `${randomBytes(16).toString('hex')}\n`;
  const verdict = await validateRedirection(config, { clock: systemClock, interfaces: networkInterfaces, token });
  if (verdict.kind === 'redirected') {
    log.info({ notes: verdict.notes }, 'outbound TCP is redirected through the proxy');
    return exitCodes.ok;
  }
  log.error(
    `traffic would pass around the proxy: ${verdict.why}; the redirect rules are missing or incomplete: see the log of the init container or of the CNI plugin, and do not run this check as the proxy's user`,
  );
  return exitCodes.bypassed;
};
