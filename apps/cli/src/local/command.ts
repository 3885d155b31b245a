/** `heddle local …`: the mesh on this machine, without Kubernetes. */
import { Command, Option } from 'commander';
import type { IsolationKind } from './isolation.ts';
import { sendAndPrint, sendCommandName } from './netns/send-inside.ts';
import { localUp } from './up.ts';

export const localCommand = (): Command => {
  const local = new Command('local').description('run the mesh on this machine, without Kubernetes');
  local
    .command('up')
    .description(
      'start identity, destination, a proxy beside each workload, and the workloads of DIR/heddle.local.yaml',
    )
    .argument('<dir>', 'folder that holds heddle.local.yaml and the manifests it names')
    .option(
      '--once',
      'try the checks of heddle.local.yaml, print the table, and exit: 0 only if every verdict is as expected',
    )
    .option('--state-dir <dir>', 'where keys, logs and derived objects are kept', '.heddle/local')
    .addOption(
      new Option(
        '--isolation <kind>',
        'loopback: an address for each workload; netns: a network namespace for each, with the rules of a pod (root)',
      )
        .choices(['loopback', 'netns'])
        .default('loopback'),
    )
    .option('--no-access-log', 'do not log each request (and show none)')
    .action(
      async (
        dir: string,
        options: {
          readonly once?: boolean;
          readonly stateDir: string;
          readonly accessLog: boolean;
          readonly isolation: IsolationKind;
        },
      ) => {
        process.exitCode = await localUp({
          dir,
          once: options.once ?? false,
          stateDir: options.stateDir,
          accessLog: options.accessLog,
          isolation: options.isolation,
        });
      },
    );
  local.command(sendCommandName, { hidden: true }).argument('<request>').action(sendAndPrint);
  return local;
};
