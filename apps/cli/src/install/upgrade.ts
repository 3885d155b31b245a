/** `heddle upgrade`: renders again with the values of the install, and keeps its certificates. */
import { type Cluster, serverVersion, withCluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { mapAt } from '../cluster/fields.ts';
import { configName, requireInstall } from '../cluster/install-values.ts';
import { kinds } from '../cluster/kinds.ts';
import type { ClusterOptions } from '../cluster/options.ts';
import { exitCodes, type Output } from '../output.ts';
import { chartFolder, chartNames } from './helm.ts';
import { renderControlPlane, renderCrds } from './install.ts';
import { withPrivateFile } from './private-files.ts';
import { readTrust, type TrustFiles } from './trust.ts';
import { typedValueArgs, type ValueOptions } from './values.ts';

export interface UpgradeOptions extends ClusterOptions, ValueOptions, TrustFiles {
  readonly crds?: boolean;
  readonly ha?: boolean;
}

export const upgrade = async (options: UpgradeOptions, output: Output): Promise<number> => {
  if (options.crds === true) return renderCrds(options, output);
  const stored = await withCluster(options, async (cluster) => {
    await mustNotBeHelms(cluster, options);
    return { ...(await requireInstall(cluster)), kubernetes: await serverVersion(cluster) };
  });
  const trust = await readTrust(options, Date.now());
  // With the cluster at hand, the chart finds the certificates that are there and takes them over.
  const live = ['--dry-run=server', '--is-upgrade', '--kube-version', stored.kubernetes, ...clusterArgs(options)];
  const rendered = await withPrivateFile(stored.text, (file) =>
    renderControlPlane(options, trust, [...live, '--values', file]),
  );
  output.out(rendered);
  output.error('once this is applied, `heddle check --proxy` names the pods to restart for the new proxy\n');
  return exitCodes.ok;
};

const clusterArgs = ({ kubeconfig, context }: ClusterOptions): readonly string[] => [
  ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ...(context === undefined ? [] : ['--kube-context', context]),
];

/** Helm keeps its own record of a release; applying past it would leave the record wrong. @throws {CommandFailure} */
const mustNotBeHelms = async (cluster: Cluster, options: UpgradeOptions): Promise<void> => {
  const release = await helmRelease(cluster);
  if (release === undefined) return;
  throw new CommandFailure(
    `Helm installed this control plane, as release ${release}; upgrade it by Helm:\n  helm upgrade ${release} ${chartFolder(chartNames.controlPlane)} -n ${cluster.linkerdNamespace} --reset-then-reuse-values${typedValueArgs(options)}`,
  );
};

/** The name of the release that the control plane is part of; undefined when Helm did not install it. */
export const helmRelease = async (cluster: Cluster): Promise<string | undefined> => {
  const config = await cluster.get(kinds.configMap, cluster.linkerdNamespace, configName);
  return mapAt(config, 'metadata', 'annotations')['meta.helm.sh/release-name'];
};
