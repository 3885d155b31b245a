/** The target of `heddle policy explain`: a port of a workload, named by the workload or by a Service before it. */
import { matchesSelector } from '@heddle/crds';
import type { Pod, Service } from '@heddle/crds/core';
import type { OfflineCluster } from '@heddle/manifests';
import type { Said } from './client.ts';

export interface PolicyTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  /** The authority that clients would ask for. */
  readonly authority: string;
}

const form = /^(?:(?<namespace>[a-z0-9-]+)\/(?<name>[a-z0-9.-]+)|(?<host>[a-z0-9.-]+))(?::(?<port>\d{1,5}))?$/;

/** Reads `namespace/name[:port]` or `service.namespace[:port]`; the port may be left out where there is but one. */
export const targetFrom = (to: string, cluster: OfflineCluster): Said<PolicyTarget> => {
  const { namespace, name, host, port } = form.exec(to)?.groups ?? {};
  const [hostName, hostNamespace] = host?.split('.') ?? [];
  const where = { namespace: namespace ?? hostNamespace ?? '', name: name ?? hostName ?? '' };
  if (where.namespace === '' || where.name === '') {
    return failed(`--to: ${JSON.stringify(to)} is no target; write <namespace>/<workload or service>[:port]`);
  }
  const service = cluster.objects.find(
    (object): object is Service => object.kind === 'Service' && isNamed(object, where),
  );
  const wanted = port === undefined ? undefined : Number(port);
  const authority = `${where.name}.${where.namespace}.svc.${cluster.options.clusterDomain}`;
  const ofService = service && behindService(service, wanted, cluster);
  const found = ofService?.kind === 'ok' ? ofService : (onWorkload(where, wanted, cluster) ?? ofService);
  if (found === undefined) return failed(`--to: ${nothingNamed(where, cluster)}`);
  if (found.kind === 'error') return failed(`--to: ${found.message}`);
  const { pod, port: number } = found.value;
  return {
    kind: 'ok',
    value: { namespace: where.namespace, pod: pod.metadata.name, port: number, authority },
  };
};

interface PodPort {
  readonly pod: Pod;
  readonly port: number;
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

const maxNamesShown = 20;

const failed = (message: string): { readonly kind: 'error'; readonly message: string } => ({ kind: 'error', message });

const isNamed = ({ metadata }: { readonly metadata: Named }, { namespace, name }: Named): boolean =>
  metadata.namespace === namespace && metadata.name === name;

const podsOf = ({ objects }: OfflineCluster): readonly Pod[] => objects.filter((object) => object.kind === 'Pod');

const behindService = (
  { metadata, spec }: Service,
  wanted: number | undefined,
  cluster: OfflineCluster,
): Said<PodPort> => {
  const ports = wanted === undefined ? spec.ports : spec.ports.filter(({ port }) => port === wanted);
  const [port, second] = ports;
  if (port === undefined || second !== undefined) {
    const all = spec.ports.map(({ port }) => port).join(', ');
    return failed(`Service ${metadata.name} has the ports ${all}; name one of them`);
  }
  const selector = { matchLabels: spec.selector, matchExpressions: [] };
  const pod = podsOf(cluster).find(
    (pod) =>
      Object.keys(spec.selector).length > 0 &&
      pod.metadata.namespace === metadata.namespace &&
      matchesSelector(selector, pod.metadata.labels),
  );
  if (pod === undefined) return failed(`Service ${metadata.name} selects no pod that is known here`);
  const number = typeof port.targetPort === 'number' ? port.targetPort : numberOf(pod, port.targetPort);
  if (number === undefined) return failed(`pod ${pod.metadata.name} has no port named ${port.targetPort}`);
  return { kind: 'ok', value: { pod, port: number } };
};

const onWorkload = (where: Named, wanted: number | undefined, cluster: OfflineCluster): Said<PodPort> | undefined => {
  const pod = podsOf(cluster).find((pod) => isNamed(pod, where));
  if (pod === undefined) return undefined;
  if (wanted !== undefined) return { kind: 'ok', value: { pod, port: wanted } };
  const [first, second] = tcpPorts(pod);
  if (first !== undefined && second === undefined) return { kind: 'ok', value: { pod, port: first.containerPort } };
  const all = tcpPorts(pod).map(({ containerPort }) => containerPort);
  return failed(
    `workload ${where.name} has ${all.length === 0 ? 'no ports' : `the ports ${all.join(', ')}`}; add :<port>`,
  );
};

const tcpPorts = (pod: Pod) =>
  pod.spec.containers.flatMap(({ ports }) => ports).filter(({ protocol }) => protocol === 'TCP');

const numberOf = (pod: Pod, name: string): number | undefined =>
  tcpPorts(pod).find((port) => port.name === name)?.containerPort;

const nothingNamed = ({ namespace, name }: Named, cluster: OfflineCluster): string => {
  const names = podsOf(cluster).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const shown = names.slice(0, maxNamesShown);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const known = names.length === 0 ? 'there are no workloads' : `the workloads are ${shown.join(', ')}${more}`;
  return `there is no workload or Service ${namespace}/${name}; ${known}`;
};
