/**
 * `heddle uninstall`: everything of the control plane, as YAML for `kubectl delete -f -`. Webhooks come first: while one
 * stands without its server, no pod can be made. Policies and the custom resources they are of stay, unless `--crds`.
 */
import type { ResourceKind } from '@heddle/k8s';
import { meshKinds } from '@heddle/k8s';
import { type Cluster, withCluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { nameOf, namespaceOf } from '../cluster/fields.ts';
import { kinds } from '../cluster/kinds.ts';
import type { ClusterOptions } from '../cluster/options.ts';
import { hasEnded, isMeshed, labelsOf, podKey } from '../cluster/pods.ts';
import { exitCodes, type Output } from '../output.ts';
import { helmRelease } from './upgrade.ts';

export interface UninstallOptions extends ClusterOptions {
  readonly crds?: boolean;
  readonly force?: boolean;
}

const inOrder: readonly ResourceKind[] = [
  kinds.mutatingWebhook,
  kinds.validatingWebhook,
  kinds.podDisruptionBudget,
  kinds.deployment,
  kinds.service,
  kinds.configMap,
  kinds.secret,
  kinds.roleBinding,
  kinds.role,
  kinds.clusterRoleBinding,
  kinds.clusterRole,
  { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
];

const maxPodsNamed = 20;

export const uninstall = (options: UninstallOptions, output: Output): Promise<number> =>
  withCluster(options, async (cluster) => {
    const release = await helmRelease(cluster);
    if (release !== undefined) {
      output.error(
        `Helm installed this control plane: afterwards, \`helm uninstall ${release} -n ${cluster.linkerdNamespace}\` removes its record, too\n`,
      );
    }
    const meshed = await stillMeshed(cluster);
    if (meshed.length > 0 && options.force !== true) {
      throw new CommandFailure(
        `${meshed.length} pods still carry a proxy, and would lose their control plane: ${shortened(meshed)}\ntake the annotation linkerd.io/inject from their namespaces and controllers (heddle uninject), and restart them; or go on with --force`,
      );
    }
    if (meshed.length > 0) output.error(`still meshed, and soon without certificates: ${shortened(meshed)}\n`);
    const found = await ofControlPlane(cluster);
    const definitions = options.crds === true ? await customResources(cluster) : [];
    const namespace = await ownNamespace(cluster, options, output);
    const all = [...found, ...definitions, ...namespace];
    if (all.length === 0) {
      throw new CommandFailure(
        `there is nothing of Heddle in namespace ${cluster.linkerdNamespace}; name another with -L`,
      );
    }
    output.out(all.map(manifestOf).join('---\n'));
    if (options.crds !== true) output.error('policies and custom resources stay; --crds takes them away, too\n');
    return exitCodes.ok;
  });

interface Found {
  readonly kind: ResourceKind;
  readonly object: unknown;
}

const stillMeshed = async (cluster: Cluster): Promise<readonly string[]> =>
  (await cluster.list(kinds.pod))
    .filter((pod) => !hasEnded(pod) && isMeshed(pod, cluster.linkerdNamespace))
    .map(podKey)
    .toSorted();

const shortened = (names: readonly string[]): string =>
  names.slice(0, maxPodsNamed).join(', ') +
  (names.length > maxPodsNamed ? ` and ${names.length - maxPodsNamed} more` : '');

const isOurs = (object: unknown, { linkerdNamespace }: Cluster): boolean => {
  const labels = labelsOf(object);
  return labels['linkerd.io/control-plane-ns'] === linkerdNamespace && labels['app.kubernetes.io/part-of'] === 'Heddle';
};

const ofControlPlane = async (cluster: Cluster): Promise<readonly Found[]> => {
  const lists = await Promise.all(
    inOrder.map(async (kind) => {
      const objects = await cluster.list(kind, kind.isClusterScoped === true ? '' : cluster.linkerdNamespace);
      return objects.filter((object) => isOurs(object, cluster)).map((object) => ({ kind, object }));
    }),
  );
  return lists.flat();
};

/** Those of the chart, by its label; Gateway API's are somebody else's. */
const customResources = async (cluster: Cluster): Promise<readonly Found[]> =>
  (await cluster.list(kinds.customResourceDefinition))
    .filter((definition) => labelsOf(definition)['helm.sh/chart']?.startsWith('heddle-crds') === true)
    .map((object) => ({ kind: kinds.customResourceDefinition, object }));

/** The namespace, if this command line made it, and no policy in it is to stay. */
const ownNamespace = async (cluster: Cluster, options: UninstallOptions, output: Output): Promise<readonly Found[]> => {
  const object = await cluster.get(kinds.namespace, '', cluster.linkerdNamespace);
  if (labelsOf(object)['linkerd.io/is-control-plane'] !== 'true') return [];
  if (options.crds !== true) {
    const policies = meshKinds.filter(({ group }) => group === 'policy.linkerd.io');
    const lists = await Promise.all(policies.map((kind) => cluster.list(kind, cluster.linkerdNamespace)));
    if (lists.flat().length > 0) {
      output.error(`namespace ${cluster.linkerdNamespace} stays, since policies are in it\n`);
      return [];
    }
  }
  return [{ kind: kinds.namespace, object }];
};

const manifestOf = ({ kind, object }: Found): string => {
  const namespace = namespaceOf(object);
  return [
    `apiVersion: ${kind.group === '' ? kind.version : `${kind.group}/${kind.version}`}`,
    `kind: ${kind.kind}`,
    'metadata:',
    `  name: ${JSON.stringify(nameOf(object))}`,
    ...(namespace === '' ? [] : [`  namespace: ${namespace}`]),
    '',
  ].join('\n');
};
