/** Whether Servers own the ports they name, whether their pods' probes get through, and which rate limits hold. */
import { compareAge, type HttpLocalRateLimitPolicy, type Server } from '@heddle/crds';
import { type Condition, fails, holds } from './condition.ts';
import type { Indexes } from './indexes.ts';
import { callsTo, takerOf } from './probes.ts';
import { serverOf } from './rate-limits.ts';
import { serverPolicy } from './server-policy.ts';
import { portsOf, workloadsOf } from './servers.ts';
import type { Workload } from './workload.ts';

export const serverStatus = (indexes: Indexes, server: Server): readonly Condition[] => {
  const ports = workloadsOf(server, indexes.workloads)
    .flatMap((workload) => portsOf(server, workload).map((port) => ({ workload, port })))
    .sort((a, b) => compareAge(a.workload.pod.metadata, b.workload.pod.metadata) || a.port - b.port);
  const lost: ServerPort[] = [];
  const owned: ServerPort[] = [];
  for (const { workload, port } of ports) {
    const owner = indexes.servers.owner(workload, port);
    if (owner) (owner === server ? owned : lost).push({ workload, port, owner });
  }
  return [closed(indexes, server, owned) ?? acceptance(lost), ...probeWarning(indexes, server, owned)];
};

/** What cannot be read closes Servers, and ports of theirs. */
const closed = ({ closures }: Indexes, server: Server, owned: readonly ServerPort[]): Condition | undefined => {
  const closure =
    closures.onServer(server) ??
    owned.map(({ workload, port }) => closures.onPort(workload, port)).find((each) => each !== undefined);
  return (
    closure &&
    fails(
      'Accepted',
      'ClosedByUnreadable',
      `${closure.standsFor} ${closure.metadata.name} cannot be read and may speak of it, so ports of it are closed`,
    )
  );
};

interface ServerPort {
  readonly workload: Workload;
  readonly port: number;
  readonly owner: Server;
}

const acceptance = (lost: readonly ServerPort[]): Condition => {
  const [first, ...more] = lost;
  if (!first) return holds('Accepted');
  const others = more.length === 0 ? '' : `, and ${more.length} more,`;
  return fails(
    'Accepted',
    'ServerOverlap',
    `port ${first.port} of pod ${first.workload.key}${others} belongs to the older Server ` +
      `${first.owner.metadata.name}; make the two select different pods or ports`,
  );
};

/** A call of the kubelet that a route may take is the route's to decide, so the kubelet may be refused (DESIGN §7). */
const probeWarning = (indexes: Indexes, server: Server, owned: readonly ServerPort[]): readonly Condition[] => {
  const { routes } = serverPolicy(indexes, server);
  if (routes.kind === 'none') return [];
  for (const { workload, port } of owned) {
    for (const call of callsTo(workload, port)) {
      const route = takerOf(call, routes);
      if (!route) continue;
      return [
        fails(
          'ProbesReachable',
          'RouteMatchesProbePath',
          `${call.method} ${call.path} on port ${port} of pod ${workload.key} is a health probe, and route ` +
            `${route.ref.name} matches it; authorize the kubelet's networks on that route, or probe another path`,
        ),
      ];
    }
  }
  return [];
};

export const rateLimitStatus = (indexes: Indexes, policy: HttpLocalRateLimitPolicy): readonly Condition[] => {
  const { namespace } = policy.metadata;
  const { name } = policy.spec.server;
  const server = indexes.servers.get(namespace, name);
  if (!server) return [fails('Accepted', 'NoMatchingTarget', `there is no Server ${name} in namespace ${namespace}`)];
  const [first] = indexes.rateLimits.on(serverOf(policy));
  if (first && first !== policy) {
    return [
      fails('Accepted', 'RateLimitReasonAlreadyExists', `the older ${first.metadata.name} already limits ${name}`),
    ];
  }
  if (UNLIMITED.has(server.spec.proxyProtocol)) {
    return [
      fails(
        'Accepted',
        'UnsupportedProtocol',
        `Server ${name} has proxyProtocol ${server.spec.proxyProtocol}, whose requests are not counted`,
      ),
    ];
  }
  return [holds('Accepted')];
};

/** Protocols without requests to count. */
const UNLIMITED: ReadonlySet<Server['spec']['proxyProtocol']> = new Set(['opaque', 'TLS'] as const);
