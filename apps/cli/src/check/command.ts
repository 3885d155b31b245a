/** `heddle check`: is the cluster fit for an install, is the install well, is the data plane covered. */
import { durationMs, sleep, systemClock } from '@heddle/runtime';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Cluster, withCluster } from '../cluster/cluster.ts';
import { type ClusterOptions, withClusterOptions } from '../cluster/options.ts';
import { exitCodes, type Output } from '../output.ts';
import { categories } from './categories.ts';
import type { CheckMode } from './check.ts';
import { collectFacts } from './collect.ts';
import { type ReportForm, reportText } from './report.ts';
import { type CategoryResult, hasErrors, isWorthWaiting, runChecks } from './run-checks.ts';

interface CheckOptions extends ClusterOptions {
  readonly pre?: boolean;
  readonly proxy?: boolean;
  readonly namespace?: string;
  readonly output: ReportForm;
  readonly wait: number;
}

export const checkCommand = (output: Output, finish: (exitCode: number) => void): Command =>
  withClusterOptions(
    new Command('check')
      .description('is the cluster fit for an install, is the install well; exit code 1 when something is wrong')
      .option('--pre', 'before an install')
      .option(
        '--proxy',
        'the data plane, too: unmeshed pods, plaintext, ports past the proxies, old versions and anchors',
      )
      .option('-n, --namespace <namespace>', 'with --proxy: only the pods of this namespace')
      .addOption(
        new Option('-o, --output <form>', 'form of the answer').choices(['table', 'short', 'json']).default('table'),
      )
      .addOption(
        new Option('--wait <duration>', 'how long to wait for what may become well by itself')
          .argParser(waitMs)
          .default(300_000, '5m'),
      )
      .action(async (options: CheckOptions) => {
        finish(await check(options, output));
      }),
  );

function waitMs(text: string): number {
  const duration = durationMs(text);
  if (duration.kind === 'error') throw new InvalidArgumentError('Write it like 30s or 5m.');
  return duration.value;
}

const askAgainMs = 2_000;

const check = (options: CheckOptions, output: Output): Promise<number> =>
  withCluster(options, async (cluster) => {
    const mode = { isPre: options.pre === true, isProxy: options.proxy === true };
    const results = await untilWell(cluster, mode, options, output);
    output.out(reportText(results, options.output));
    return hasErrors(results) ? exitCodes.failed : exitCodes.ok;
  });

const untilWell = async (
  cluster: Cluster,
  mode: CheckMode,
  options: CheckOptions,
  output: Output,
): Promise<readonly CategoryResult[]> => {
  const endMs = systemClock.nowMs() + options.wait;
  for (let round = 0; ; round += 1) {
    const results = runChecks(categories, mode, await collectFacts(cluster, mode, options.namespace));
    if (!isWorthWaiting(results) || systemClock.nowMs() + askAgainMs > endMs) return results;
    if (round === 0) output.error(`waiting up to ${options.wait / 1000} s for what is not ready yet …\n`);
    await sleep(systemClock, askAgainMs);
  }
};
