/** The options by which every command that talks to a cluster finds it. */
import type { Command } from 'commander';

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where the control plane is. */
  readonly linkerdNamespace: string;
}

export const withClusterOptions = (command: Command): Command =>
  command
    .option('--kubeconfig <file>', 'kubeconfig to use (default: KUBECONFIG, or ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig (default: the current one)')
    .option('-L, --linkerd-namespace <namespace>', 'namespace of the control plane', 'linkerd');
