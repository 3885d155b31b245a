/** `heddle install`, `upgrade`, `uninstall`: YAML for kubectl, on the standard output; nothing is changed by them. */
import { Command } from 'commander';
import { withClusterOptions } from '../cluster/options.ts';
import type { Output } from '../output.ts';
import { type InstallOptions, install } from './install.ts';
import { type UninstallOptions, uninstall } from './uninstall.ts';
import { type UpgradeOptions, upgrade } from './upgrade.ts';

type Finish = (exitCode: number) => void;

export const installCommand = (output: Output, finish: Finish): Command =>
  withClusterOptions(
    withTrustOptions(
      withValueOptions(
        new Command('install')
          .description('write the control plane as YAML, for kubectl apply -f -; Helm renders the charts')
          .option('--crds', 'the custom resources instead; apply them first')
          .option('--ha', 'three replicas, spread, with disruption budgets')
          .option('--ignore-cluster', 'do not look whether a control plane is installed already')
          .option('--anchor-key-out <file>', 'keep the key of the trust anchor that is made when none is given')
          .action(async (options: InstallOptions) => {
            finish(await install(options, output));
          }),
      ),
    ),
  );

export const upgradeCommand = (output: Output, finish: Finish): Command =>
  withClusterOptions(
    withTrustOptions(
      withValueOptions(
        new Command('upgrade')
          .description(
            'write the control plane anew with the values of the install, for kubectl apply -f -; certificates stay',
          )
          .option('--crds', 'the custom resources instead; apply them first')
          .option('--ha', 'three replicas, spread, with disruption budgets')
          .action(async (options: UpgradeOptions) => {
            finish(await upgrade(options, output));
          }),
      ),
    ),
  );

export const uninstallCommand = (output: Output, finish: Finish): Command =>
  withClusterOptions(
    new Command('uninstall')
      .description('write everything of the control plane, for kubectl delete -f -; policies stay')
      .option('--crds', 'the custom resources, too, and with them every policy')
      .option('--force', 'though pods still carry proxies')
      .action(async (options: UninstallOptions) => {
        finish(await uninstall(options, output));
      }),
  );

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const withValueOptions = (command: Command): Command =>
  command
    .option('--set <key=value>', 'a value of the chart; may be repeated', collect, [])
    .option('--set-string <key=value>', 'the same, always as text', collect, [])
    .option('--set-file <key=file>', 'the same, with the content of a file', collect, [])
    .option('-f, --values <file>', 'a file of values; may be repeated', collect, []);

const withTrustOptions = (command: Command): Command =>
  command
    .option('--identity-trust-anchors-file <file>', 'trust anchors, PEM')
    .option('--identity-issuer-certificate-file <file>', "the issuer's certificate and its intermediates, PEM")
    .option('--identity-issuer-key-file <file>', "the issuer's key, PEM");
