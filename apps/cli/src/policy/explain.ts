/** `heddle policy explain`: what the mesh would do with a request, and why, from manifests or from a live cluster. */
import { createOfflineCluster, formatManifestProblem, type OfflineCluster, readManifests } from '@heddle/manifests';
import { type Explanation, explain, type InboundPolicy, requestFrom } from '@heddle/policy';
import { withCluster } from '../cluster/cluster.ts';
import { readLiveCluster } from '../cluster/live-cluster.ts';
import type { ClusterOptions } from '../cluster/options.ts';
import { exitCodes, type Output } from '../output.ts';
import { type Client, clientFrom } from './client.ts';
import { explanationText } from './explanation-text.ts';
import { manifestPaths } from './manifest-paths.ts';
import { type PolicyTarget, targetFrom } from './target.ts';

export interface ExplainCommandOptions extends ClusterOptions {
  readonly from: string;
  readonly fromIp?: string;
  readonly to?: string;
  /** `[namespace/]pod[:port]` of the live cluster, instead of `to`. */
  readonly pod?: string;
  readonly namespace?: string;
  readonly method: string;
  readonly path: string;
  readonly host?: string;
  readonly header: readonly HeaderLine[];
  /** A connection that is not HTTP. */
  readonly tcp?: boolean;
  readonly output: 'text' | 'json';
}

/** A lower-case name, and a value as Latin-1 text. */
export type HeaderLine = readonly [name: string, value: string];

/** What was asked, and the answer. */
export interface Explained {
  readonly client: Client;
  readonly target: PolicyTarget;
  readonly policy: InboundPolicy;
  /** Absent for a connection that is not HTTP. */
  readonly request: { readonly method: string; readonly target: string; readonly authority: string } | undefined;
  readonly explanation: Explanation;
}

/** Without paths, the live cluster is asked. Exit code 0 for permit, 1 for deny and when there is no answer. */
export const explainPolicy = async (
  paths: readonly string[],
  options: ExplainCommandOptions,
  output: Output,
): Promise<number> => {
  if (paths.length > 0) return explainManifests(paths, options, output);
  return withCluster(options, async (cluster) => {
    const to = options.to ?? podTarget(options.pod ?? '', options.namespace ?? cluster.namespace);
    const live = await readLiveCluster(cluster);
    for (const problem of live.unreadable) output.error(`not read, and without effect: ${problem}\n`);
    return explainIn(live, to, options, output);
  });
};

const explainManifests = async (
  paths: readonly string[],
  options: ExplainCommandOptions,
  output: Output,
): Promise<number> => {
  if (options.to === undefined)
    return refuse(['--pod names a pod of a live cluster; with manifests, use --to'], output);
  const { objects, problems } = await readManifests(await manifestPaths(paths));
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return refuse(errors.map(formatManifestProblem), output);
  return explainIn(createOfflineCluster(objects.map(({ object }) => object)), options.to, options, output);
};

const podTarget = (pod: string, namespace: string): string =>
  pod.replace(/^(?:po|pods?)\//, '').includes('/') ? pod : `${namespace}/${pod.replace(/^(?:po|pods?)\//, '')}`;

const explainIn = (cluster: OfflineCluster, to: string, options: ExplainCommandOptions, output: Output): number => {
  const client = clientFrom(options.from, options.fromIp, cluster);
  if (client.kind === 'error') return refuse([client.message], output);
  const target = targetFrom(to, cluster);
  if (target.kind === 'error') return refuse([target.message], output);
  const { namespace, pod, port, authority } = target.value;
  const policy = cluster.catalog.inboundPolicy(namespace, pod, port);
  if (policy === undefined || cluster.catalog.workload(namespace, pod)?.controlPlane === undefined) {
    return refuse([`--to: workload ${namespace}/${pod} is not meshed, so nothing is enforced there`], output);
  }
  const host = options.host ?? authority;
  const request = options.tcp === true ? undefined : { method: options.method, target: options.path, authority: host };
  const facts = request && requestFrom({ ...request, headers: options.header });
  const explanation = explain(policy, client.value.facts, facts);
  const explained: Explained = { client: client.value, target: target.value, policy, request, explanation };
  output.out(options.output === 'json' ? jsonOf(explained) : explanationText(explained));
  return explanation.verdict.kind === 'permit' ? exitCodes.ok : exitCodes.failed;
};

const refuse = (lines: readonly string[], output: Output): number => {
  output.error(lines.map((line) => `${line}\n`).join(''));
  return exitCodes.failed;
};

const jsonOf = ({ client, target, policy, request, explanation }: Explained): string =>
  `${JSON.stringify({ client: client.text, target, server: policy.server, request, ...explanation }, undefined, 2)}\n`;
