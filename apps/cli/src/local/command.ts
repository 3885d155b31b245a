/** `heddle local …`: the mesh on this machine, without Kubernetes. */
import { Command } from 'commander';
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
    .option('--no-access-log', 'do not log each request (and show none)')
    .action(
      async (
        dir: string,
        options: { readonly once?: boolean; readonly stateDir: string; readonly accessLog: boolean },
      ) => {
        process.exitCode = await localUp({
          dir,
          once: options.once ?? false,
          stateDir: options.stateDir,
          accessLog: options.accessLog,
        });
      },
    );
  return local;
};
