/** `heddle policy …`: is a policy right, and what would it do; from manifests, or from a live cluster. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { withClusterOptions } from '../cluster/options.ts';
import { exitCodes, type Output } from '../output.ts';
import { outputOption } from '../output-option.ts';
import { type CheckOptions, checkPolicy } from './check.ts';
import { type ExplainCommandOptions, explainPolicy, type HeaderLine } from './explain.ts';

/** `finish` receives the exit code. */
export const policyCommand = (output: Output, finish: (exitCode: number) => void): Command => {
  const policy = new Command('policy').description('check and explain policies, from manifests or from a live cluster');
  policy
    .command('check')
    .description('validate manifests: fields, references, overlaps; exit code 1 when there is an error')
    .argument('<path...>', 'files and folders of manifests')
    .option('--partial', 'a cluster holds more than these files: references to what is missing are warnings')
    .addOption(outputOption())
    .action(async (paths: readonly string[], options: CheckOptions) => {
      finish(await checkPolicy(paths, options, output));
    });
  withClusterOptions(
    policy
      .command('explain')
      .description('say what the mesh would do with a request, and why; exit code 0 for permit, 1 for deny')
      .argument(
        '[path...]',
        'files and folders of manifests: workloads, Services and policies (default: what the live cluster has)',
      )
      .requiredOption('--from <client>', '<namespace>/<serviceaccount>, an identity in full, or none for plaintext')
      .option('--from-ip <address>', 'where the client connects from (default: an address of the cluster)')
      .option('--to <target>', '<namespace>/<workload or service>[:port]')
      .option('--pod <pod>', 'a pod of the live cluster instead: [<namespace>/]<pod>[:port]')
      .option('-n, --namespace <namespace>', 'namespace of --pod (default: that of the context)')
      .option('--method <method>', 'HTTP method', 'GET')
      .option('--path <path>', 'path and query, as sent', '/')
      .option('--host <host>', 'Host or :authority (default: the name of the target)')
      .addOption(headerOption())
      .option('--tcp', 'a connection that is not HTTP')
      .addOption(outputOption())
      .action(async (paths: readonly string[], options: ExplainCommandOptions) => {
        if ((options.to === undefined) === (options.pod === undefined)) {
          output.error(
            'name the target: either --to <namespace>/<workload or service>[:port], or --pod <pod>[:port]\n',
          );
          finish(exitCodes.usage);
          return;
        }
        finish(await explainPolicy(paths, options, output));
      }),
  );
  return policy;
};

const headerOption = (): Option =>
  new Option('--header <name=value>', 'a request header; may be repeated').argParser(addHeader).default([], 'none');

const addHeader = (text: string, before: readonly HeaderLine[]): readonly HeaderLine[] => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.');
  // Values are bytes on the wire, which the policy holds as Latin-1 text.
  const value = Buffer.from(text.slice(at + 1), 'utf8').toString('latin1');
  return [...before, [text.slice(0, at).toLowerCase(), value]];
};
