/** `heddle install`: everything that makes an install, as YAML for `kubectl apply -f -`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, serverVersion, withCluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { listAt, nameOf, textAt } from '../cluster/fields.ts';
import { configName } from '../cluster/install-values.ts';
import { kinds } from '../cluster/kinds.ts';
import type { ClusterOptions } from '../cluster/options.ts';
import { exitCodes, type Output } from '../output.ts';
import { chartFolder, chartNames, oldestKubernetes, runHelm } from './helm.ts';
import { withPrivateFile } from './private-files.ts';
import { makeTrust, readTrust, type Trust, type TrustFiles, trustValues } from './trust.ts';
import { helmValueArgs, sayTrust, typedValueArgs, type ValueOptions } from './values.ts';

export interface InstallOptions extends ClusterOptions, ValueOptions, TrustFiles {
  readonly crds?: boolean;
  readonly ha?: boolean;
  /** The cluster is not asked. */
  readonly ignoreCluster?: boolean;
  readonly anchorKeyOut?: string;
}

export const renderCrds = async (options: ClusterOptions & ValueOptions, output: Output): Promise<number> => {
  const { linkerdNamespace: namespace } = options;
  const chart = chartFolder(chartNames.crds);
  const args = ['template', chartNames.crds, chart, '--namespace', namespace, '--kube-version', oldestKubernetes];
  const equivalent = `helm upgrade --install ${chartNames.crds} ${chart} -n ${namespace} --create-namespace`;
  output.out(await runHelm({ args: [...args, ...helmValueArgs(options)], equivalent }));
  return exitCodes.ok;
};

export const install = async (options: InstallOptions, output: Output): Promise<number> => {
  if (options.crds === true) return renderCrds(options, output);
  const kubernetes =
    options.ignoreCluster === true
      ? oldestKubernetes
      : await withCluster(options, async (cluster) => {
          await mustBeFresh(cluster, output);
          return serverVersion(cluster);
        });
  const trust = await trustFor(options);
  const rendered = await renderControlPlane(options, trust, ['--kube-version', kubernetes]);
  output.out(namespaceManifest(options.linkerdNamespace));
  output.out(rendered);
  for (const note of trust?.notes ?? []) output.error(`${note}\n`);
  output.error('once this is applied, `heddle check` says when the control plane is ready\n');
  return exitCodes.ok;
};

/** A second install would make new anchors, and no proxy would trust another. @throws {CommandFailure} */
const mustBeFresh = async (cluster: Cluster, output: Output): Promise<void> => {
  const config = await cluster.get(kinds.configMap, cluster.linkerdNamespace, configName);
  if (config !== undefined) {
    throw new CommandFailure(
      `a control plane is installed in namespace ${cluster.linkerdNamespace}: use heddle upgrade, which keeps its certificates; or name another namespace with -L, or take it away with heddle uninstall`,
    );
  }
  const other = await webhookNamespace(cluster);
  if (other !== undefined && other !== cluster.linkerdNamespace) {
    throw new CommandFailure(
      `the webhook of a control plane in namespace ${other} is installed, and a cluster has one control plane: change that one with heddle upgrade -L ${other}, or take it away with heddle uninstall -L ${other}`,
    );
  }
  const definitions = await cluster.list(kinds.customResourceDefinition);
  if (!definitions.some((definition) => nameOf(definition) === 'servers.policy.linkerd.io')) {
    output.error(
      'the custom resources are not installed; apply them first: heddle install --crds | kubectl apply -f -\n',
    );
  }
};

/** Where the injector is that the cluster asks about new pods, Linkerd's or ours; its configuration has one name. */
const webhookNamespace = async (cluster: Cluster): Promise<string | undefined> => {
  const configuration = await cluster.get(kinds.mutatingWebhook, '', 'linkerd-proxy-injector-webhook-config');
  const [hook] = listAt(configuration, 'webhooks');
  return textAt(hook, 'clientConfig', 'service', 'namespace') || undefined;
};

const trustFor = async (options: InstallOptions): Promise<Trust | undefined> => {
  const nowMs = Date.now();
  const given = await readTrust(options, nowMs);
  if (given !== undefined || (await sayTrust(options))) return given;
  return makeTrust(trustDomainIn(options), nowMs, options.anchorKeyOut);
};

/** For the names of the certificates only. */
const trustDomainIn = ({ set }: ValueOptions): string =>
  set
    .flatMap((entry) => entry.split(','))
    .find((entry) => entry.startsWith('identityTrustDomain='))
    ?.split('=')[1] ?? 'cluster.local';

/** @param before arguments that what the user says goes before */
export const renderControlPlane = (
  options: ClusterOptions & ValueOptions & { readonly ha?: boolean },
  trust: Trust | undefined,
  before: readonly string[],
): Promise<string> => {
  const chart = chartFolder(chartNames.controlPlane);
  const ha = options.ha === true ? ['--values', haValues(chart)] : [];
  const args = ['template', chartNames.controlPlane, chart, '--namespace', options.linkerdNamespace, ...before, ...ha];
  const typed = `${options.ha === true ? ` -f ${haValues(chart)}` : ''}${typedValueArgs(options)}`;
  const equivalent = `helm upgrade --install ${chartNames.controlPlane} ${chart} -n ${options.linkerdNamespace} --create-namespace${typed}`;
  const render = (more: readonly string[]) =>
    runHelm({ args: [...args, ...more, ...helmValueArgs(options)], equivalent });
  return trust === undefined ? render([]) : withPrivateFile(trustValues(trust), (file) => render(['--values', file]));
};

const haValues = (chart: string): string => {
  const file = join(chart, 'values-ha.yaml');
  if (existsSync(file)) return file;
  throw new CommandFailure(`${file} is missing, so there is no --ha; set replicas with --set controllerReplicas=3`);
};

const namespaceManifest = (name: string): string => `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    linkerd.io/is-control-plane: "true"
    linkerd.io/control-plane-ns: ${name}
    config.linkerd.io/admission-webhooks: disabled
    pod-security.kubernetes.io/enforce: restricted
`;
