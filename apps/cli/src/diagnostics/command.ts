/** `heddle diagnostics …`: what the control plane tells proxies, and raw metrics. */
import { Command } from 'commander';
import { withCluster } from '../cluster/cluster.ts';
import { type ClusterOptions, withClusterOptions } from '../cluster/options.ts';
import { targetForms } from '../cluster/pods.ts';
import type { Output } from '../output.ts';
import { outputOption } from '../output-option.ts';
import { showEndpoints } from './endpoints.ts';
import { showControllerMetrics, showProxyMetrics } from './metrics.ts';
import { showPolicy } from './policy.ts';
import { showProfile } from './profile.ts';

interface AnswerOptions extends ClusterOptions {
  readonly output: 'text' | 'json';
}

export const diagnosticsCommand = (output: Output, finish: (exitCode: number) => void): Command => {
  const diagnostics = new Command('diagnostics').description(
    'what the control plane tells proxies, and raw metrics; needs the right to forward ports (pods/portforward)',
  );
  withClusterOptions(
    diagnostics
      .command('endpoints')
      .description('the endpoints that destination gives for Services')
      .argument('<authority...>', '<service>.<namespace>.svc.<cluster domain>[:port], port 80 by default')
      .addOption(outputOption())
      .action(async (authorities: readonly string[], options: AnswerOptions) => {
        finish(await withCluster(options, (cluster) => showEndpoints(cluster, authorities, options.output, output)));
      }),
  );
  withClusterOptions(
    diagnostics
      .command('profile')
      .description('what destination says of a name or an address, as JSON')
      .argument('<target>', '<service>.<namespace>.svc.<cluster domain>[:port], or <address>:<port>')
      .action(async (target: string, options: ClusterOptions) => {
        finish(await withCluster(options, (cluster) => showProfile(cluster, target, output)));
      }),
  );
  withClusterOptions(
    diagnostics
      .command('policy')
      .description(
        'the policy that the control plane gives to proxies, as JSON: inbound of a pod, outbound of a Service',
      )
      .argument('<target>', 'po/<name>, deploy/<name> … for inbound; svc/<name> or <address> for outbound')
      .argument('<port>', 'port of the pod or the Service')
      .option('-n, --namespace <namespace>', 'namespace of the target (default: that of the context)')
      .option('--from <pod>', 'for outbound: <namespace>/<pod> that asks (default: one of the control plane)')
      .action(
        async (
          target: string,
          port: string,
          options: ClusterOptions & { readonly namespace?: string; readonly from?: string },
        ) => {
          finish(await withCluster(options, (cluster) => showPolicy(cluster, target, port, options, output)));
        },
      ),
  );
  withClusterOptions(
    diagnostics
      .command('proxy-metrics')
      .description('the metrics of proxies, raw')
      .argument('<target>', targetForms)
      .option('-n, --namespace <namespace>', 'namespace of the target (default: that of the context)')
      .action(async (target: string, options: ClusterOptions & { readonly namespace?: string }) => {
        finish(await withCluster(options, (cluster) => showProxyMetrics(cluster, target, options.namespace, output)));
      }),
  );
  withClusterOptions(
    diagnostics
      .command('controller-metrics')
      .description('the metrics of the control plane, raw')
      .action(async (options: ClusterOptions) => {
        finish(await withCluster(options, (cluster) => showControllerMetrics(cluster, output)));
      }),
  );
  return diagnostics;
};
