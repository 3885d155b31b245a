/** `heddle version`: this program's, and the control plane's. */
import { version } from '@heddle/runtime';
import { Command } from 'commander';
import { type Cluster, withCluster } from '../cluster/cluster.ts';
import { failureText } from '../cluster/failure.ts';
import { kinds } from '../cluster/kinds.ts';
import { type ClusterOptions, withClusterOptions } from '../cluster/options.ts';
import { labelsOf } from '../cluster/pods.ts';
import { exitCodes, type Output } from '../output.ts';

interface VersionOptions extends ClusterOptions {
  readonly client?: boolean;
  readonly short?: boolean;
}

export const versionCommand = (output: Output, finish: (exitCode: number) => void): Command =>
  withClusterOptions(
    new Command('version')
      .description('the version of this program and of the control plane')
      .option('--client', 'of this program only')
      .option('--short', 'nothing but the numbers')
      .action(async (options: VersionOptions) => {
        const line = (what: string, number: string): void =>
          output.out(options.short === true ? `${number}\n` : `${what}: ${number}\n`);
        line('Client version', version);
        if (options.client !== true) line('Control plane version', await controlPlaneVersionOrReason(options));
        finish(exitCodes.ok);
      }),
  );

const controlPlaneVersionOrReason = async (options: ClusterOptions): Promise<string> => {
  try {
    return await withCluster(options, async (cluster) => {
      const versions = await controlPlaneVersions(cluster);
      return versions.length === 0 ? `none in namespace ${cluster.linkerdNamespace}` : versions.join(', ');
    });
  } catch (error) {
    const reason = failureText(error);
    if (reason === undefined) throw error;
    return `unknown: ${reason.split('\n')[0]}`;
  }
};

/** Of its Deployments; more than one while an upgrade is under way or was left half done. */
const controlPlaneVersions = async (cluster: Cluster): Promise<readonly string[]> => {
  const deployments = await cluster.list(kinds.deployment, cluster.linkerdNamespace);
  const versions = deployments.flatMap((deployment) => {
    const labels = labelsOf(deployment);
    const isOurs = labels['linkerd.io/control-plane-component'] !== undefined;
    return isOurs ? [labels['app.kubernetes.io/version'] ?? 'unknown'] : [];
  });
  return [...new Set(versions)].toSorted();
};
