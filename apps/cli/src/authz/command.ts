/** `heddle authz`: which policies apply to the ports of a workload of a live cluster, and what they grant. */

import { formatNetwork } from '@heddle/names';
import type { Authorization, InboundPolicy } from '@heddle/policy';
import { formatRule } from '@heddle/policy';
import { Command } from 'commander';
import { type Cluster, withCluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { listAt, nameOf, namespaceOf, numberAt, textAt } from '../cluster/fields.ts';
import { type LiveCluster, readLiveCluster } from '../cluster/live-cluster.ts';
import { type ClusterOptions, withClusterOptions } from '../cluster/options.ts';
import { containersOf, podKey, podsNamed, proxyContainerName, targetForms } from '../cluster/pods.ts';
import { formatTable } from '../local/table.ts';
import { exitCodes, type Output } from '../output.ts';
import { outputOption } from '../output-option.ts';

interface AuthzOptions extends ClusterOptions {
  readonly namespace?: string;
  readonly output: 'text' | 'json';
}

export const authzCommand = (output: Output, finish: (exitCode: number) => void): Command =>
  withClusterOptions(
    new Command('authz')
      .description('which policies apply to the ports of pods of a cluster, and whom they let in')
      .argument('<target>', targetForms)
      .option('-n, --namespace <namespace>', 'namespace of the target (default: that of the context)')
      .addOption(outputOption())
      .action(async (target: string, options: AuthzOptions) => {
        finish(await withCluster(options, (cluster) => showAuthz(cluster, target, options, output)));
      }),
  );

/** One grant on one port: who may send what. */
interface Row {
  readonly port: number;
  readonly server: string;
  /** Empty: everything of the port. */
  readonly route: string;
  readonly authorization: string;
  readonly clients: string;
  /** Other pods of the target that have the same row are not repeated. */
  readonly pod: string;
}

const showAuthz = async (cluster: Cluster, target: string, options: AuthzOptions, output: Output): Promise<number> => {
  const [pods, live] = await Promise.all([
    podsNamed(cluster, target, options.namespace ?? cluster.namespace),
    readLiveCluster(cluster),
  ]);
  for (const problem of live.unreadable) output.error(`not read, and without effect: ${problem}\n`);
  const rows = unique(pods.flatMap((pod) => rowsOf(pod, live)));
  if (rows.length === 0) {
    throw new CommandFailure(
      `${pods.map(podKey).join(', ')}: not meshed, or no container declares a TCP port; policies apply to ports that are declared or named by a Server`,
    );
  }
  if (options.output === 'json') output.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  else {
    const cells = rows.map(({ port, server, route, authorization, clients }) => [
      String(port),
      server,
      route || '*',
      authorization,
      clients,
    ]);
    output.out(`${formatTable(['PORT', 'SERVER', 'ROUTE', 'AUTHORIZATION', 'CLIENTS'], cells)}\n`);
  }
  return exitCodes.ok;
};

const unique = (rows: readonly Row[]): readonly Row[] => {
  const seen = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, pod: '' });
    if (!seen.has(key)) seen.set(key, row);
  }
  return [...seen.values()];
};

const rowsOf = (pod: unknown, { catalog }: LiveCluster): readonly Row[] => {
  const [namespace, name] = [namespaceOf(pod), nameOf(pod)];
  if (catalog.workload(namespace, name)?.controlPlane === undefined) return [];
  return tcpPortsOf(pod).flatMap((port) => {
    const policy = catalog.inboundPolicy(namespace, name, port);
    return policy === undefined ? [] : rowsOfPort(policy, port, podKey(pod));
  });
};

/** Ports that containers declare, the proxy's own left out. */
const tcpPortsOf = (pod: unknown): readonly number[] => {
  const ports = containersOf(pod)
    .filter((container) => textAt(container, 'name') !== proxyContainerName)
    .flatMap((container) => listAt(container, 'ports'))
    .filter((port) => ['', 'TCP'].includes(textAt(port, 'protocol')))
    .map((port) => numberAt(port, 'containerPort'));
  return [...new Set(ports)].toSorted((a, b) => a - b);
};

const rowsOfPort = (policy: InboundPolicy, port: number, pod: string): readonly Row[] => {
  const server = formatRule(policy.server);
  const row = (route: string, authorization: Authorization | undefined): Row => ({
    port,
    server,
    route,
    authorization: authorization === undefined ? 'none' : formatRule(authorization.ref),
    clients: authorization === undefined ? 'nobody' : clientsOf(authorization),
    pod,
  });
  const ofPort = policy.authorizations.map((authorization) => row('', authorization));
  const routes = 'routes' in policy.protocol ? policy.protocol.routes : [];
  const ofRoutes = routes.flatMap(({ ref, authorizations }) =>
    authorizations.map((authorization) => row(formatRule(ref), authorization)),
  );
  const rows = [...ofPort, ...ofRoutes];
  return rows.length > 0 ? rows : [row('', undefined)];
};

const clientsOf = ({ authentication, networks }: Authorization): string => {
  const from = networks.every(({ net, except }) => net.prefixLength === 0 && except.length === 0)
    ? ''
    : ` from ${networks.map(({ net, except }) => formatNetwork(net) + (except.length === 0 ? '' : ` except ${except.map(formatNetwork).join(', ')}`)).join(', ')}`;
  switch (authentication.kind) {
    case 'unauthenticated':
      return `anybody${from}`;
    case 'tls':
      return `anybody over mesh TLS${from}`;
    case 'identities': {
      const suffixes = authentication.suffixes.map((labels) =>
        labels.length === 0 ? 'any mesh identity' : ['*', ...labels].join('.'),
      );
      const names = [...authentication.identities, ...suffixes];
      return `${names.length === 0 ? 'nobody' : names.join(', ')}${from}`;
    }
  }
};
