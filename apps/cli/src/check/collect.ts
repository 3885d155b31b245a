/** Collects the facts that checks look at. What fails is kept as its reason; nothing here judges. */
import type { ResourceKind } from '@heddle/k8s';
import { version } from '@heddle/runtime';
import { readAdmin } from '../cluster/admin.ts';
import { serverVersion as askServerVersion, type Cluster, mayI } from '../cluster/cluster.ts';
import { failureText } from '../cluster/failure.ts';
import { mapAt, nameOf, namespaceOf } from '../cluster/fields.ts';
import { installValues, trustRoots } from '../cluster/install-values.ts';
import { kinds } from '../cluster/kinds.ts';
import { isMeshed, isProxyReady, podKey, proxyPortOf } from '../cluster/pods.ts';
import type { CheckMode } from './check.ts';
import type { CertificateFiles, ClusterFacts, Known, Permission } from './facts.ts';

const maxProxiesAsked = 100;
const asksAtOnce = 8;
const webhookServices = ['linkerd-proxy-injector', 'linkerd-policy-validator'];

export const collectFacts = async (
  cluster: Cluster,
  mode: CheckMode,
  dataPlaneNamespace: string | undefined,
): Promise<ClusterFacts> => {
  const { linkerdNamespace: own } = cluster;
  const nowMs = Date.now();
  const serverVersion = await known(() => askServerVersion(cluster));
  const list = (kind: ResourceKind, namespace?: string) =>
    serverVersion.kind === 'unknown' ? unknown(serverVersion.reason) : known(() => cluster.list(kind, namespace));
  const unlessPre = (kind: ResourceKind, namespace?: string) =>
    mode.isPre ? Promise.resolve(notAsked) : list(kind, namespace);
  const [pods, mutating, validating, ...rest] = await Promise.all([
    unlessPre(kinds.pod),
    unlessPre(kinds.mutatingWebhook),
    unlessPre(kinds.validatingWebhook),
    list(kinds.namespace),
    unlessPre(kinds.node),
    unlessPre(kinds.service),
    unlessPre(kinds.deployment, own),
    unlessPre(kinds.podDisruptionBudget, own),
    unlessPre(kinds.clusterRole),
    unlessPre(kinds.customResourceDefinition),
    mode.isPre ? list(kinds.lease, 'kube-node-lease') : Promise.resolve(notAsked),
  ]);
  const [namespaces, nodes, services, deployments, disruptionBudgets, clusterRoles, definitions, nodeLeases] = rest;
  const isUp = serverVersion.kind === 'known';
  const ask = <T>(read: () => Promise<T>): Promise<Known<T>> => (isUp ? known(read) : unknown(serverVersion.reason));
  const proxies = mode.isProxy && pods.kind === 'known' ? proxiesIn(pods.value, own, dataPlaneNamespace) : [];
  return {
    nowMs,
    version,
    linkerdNamespace: own,
    dataPlaneNamespace,
    serverVersion,
    namespaces: namespaces ?? notAsked,
    permissions: mode.isPre ? await ask(() => permissionsOf(cluster)) : notAsked,
    nodeLeases: nodeLeases ?? notAsked,
    definitions: definitions ?? notAsked,
    nodes: nodes ?? notAsked,
    services: services ?? notAsked,
    pods,
    deployments: deployments ?? notAsked,
    disruptionBudgets: disruptionBudgets ?? notAsked,
    clusterRoles: clusterRoles ?? notAsked,
    webhooks: bothOf(mutating, validating),
    webhookCertificates: await certificatesOf(cluster, isUp && !mode.isPre),
    values: await ask(async () => (await installValues(cluster))?.values),
    trustRoots: mode.isPre ? notAsked : await ask(() => trustRoots(cluster)),
    issuer: mode.isPre ? notAsked : await ask(() => secretFiles(cluster, 'linkerd-identity-issuer', true)),
    servers: mode.isProxy ? await list(kinds.server) : notAsked,
    proxyMetrics: await metricsOf(cluster, proxies.slice(0, maxProxiesAsked)),
    proxiesNotAsked: Math.max(0, proxies.length - maxProxiesAsked),
  };
};

const notAsked: Known<never> = { kind: 'unknown', reason: 'it was not asked for' };
const unknown = (reason: string): Promise<Known<never>> => Promise.resolve({ kind: 'unknown', reason });

const known = async <T>(read: () => Promise<T>): Promise<Known<T>> => {
  try {
    return { kind: 'known', value: await read() };
  } catch (error) {
    const reason = failureText(error);
    if (reason === undefined) throw error;
    return { kind: 'unknown', reason: reason.split('\n')[0] ?? reason };
  }
};

const bothOf = (a: Known<readonly unknown[]>, b: Known<readonly unknown[]>): Known<readonly unknown[]> => {
  if (a.kind === 'unknown') return a;
  return b.kind === 'unknown' ? b : { kind: 'known', value: [...a.value, ...b.value] };
};

const created: readonly ResourceKind[] = [
  kinds.namespace,
  kinds.customResourceDefinition,
  kinds.clusterRole,
  kinds.clusterRoleBinding,
  kinds.mutatingWebhook,
  kinds.validatingWebhook,
  { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  kinds.service,
  kinds.deployment,
  kinds.configMap,
  kinds.secret,
  kinds.role,
  kinds.roleBinding,
];

const permissionsOf = (cluster: Cluster): Promise<readonly Permission[]> =>
  Promise.all(
    created.map(async (kind) => ({
      what: kind.plural,
      isAllowed: await mayI(cluster, 'create', kind, kind.isClusterScoped === true ? '' : cluster.linkerdNamespace),
    })),
  );

const certificatesOf = async (cluster: Cluster, isAsked: boolean): Promise<ClusterFacts['webhookCertificates']> => {
  if (!isAsked) return new Map();
  const entries = webhookServices.map(
    async (service) => [service, await known(() => secretFiles(cluster, `${service}-k8s-tls`, true))] as const,
  );
  return new Map(await Promise.all(entries));
};

/** A Secret of certificates, in either form that Linkerd knows (features §2.3). */
const secretFiles = async (cluster: Cluster, name: string, withKey: boolean): Promise<CertificateFiles | undefined> => {
  const secret = await cluster.get(kinds.secret, cluster.linkerdNamespace, name);
  if (secret === undefined) return undefined;
  const data = mapAt(secret, 'data');
  const text = (...names: readonly string[]): string =>
    Buffer.from(names.map((each) => data[each]).find((each) => each !== undefined) ?? '', 'base64').toString('utf8');
  return {
    certificatePem: text('tls.crt', 'crt.pem'),
    caPem: text('ca.crt'),
    ...(withKey && { keyPem: text('tls.key', 'key.pem') }),
  };
};

const proxiesIn = (
  pods: readonly unknown[],
  linkerdNamespace: string,
  dataPlaneNamespace: string | undefined,
): readonly unknown[] =>
  pods.filter(
    (pod) =>
      isMeshed(pod, linkerdNamespace) &&
      isProxyReady(pod) &&
      (dataPlaneNamespace === undefined || namespaceOf(pod) === dataPlaneNamespace),
  );

const metricsOf = async (cluster: Cluster, pods: readonly unknown[]): Promise<ReadonlyMap<string, Known<string>>> => {
  const answers = new Map<string, Known<string>>();
  const waiting = [...pods];
  const ask = async (): Promise<void> => {
    for (let pod = waiting.shift(); pod !== undefined; pod = waiting.shift()) {
      const target = { namespace: namespaceOf(pod), pod: nameOf(pod), port: proxyPortOf(pod, 'admin-port') };
      answers.set(podKey(pod), await known(() => readAdmin(cluster, target, '/metrics')));
    }
  };
  await Promise.all(Array.from({ length: asksAtOnce }, ask));
  return answers;
};
