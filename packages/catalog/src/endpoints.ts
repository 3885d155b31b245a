/**
 * The endpoints of a service's port: ready addresses from its EndpointSlices, with what a client must know to reach each
 * over the mesh (wire §3.7). An address whose pod is not known yet is left out: it would have to be reached without an
 * identity that it may well have.
 */
import type { EndpointSlice, Endpoint as SliceEndpoint } from '@heddle/crds/core';
import { compareIps, formatIp, type IpAddress, parseIp } from '@heddle/names';
import { isOpaquePort } from './inbound.ts';
import type { Indexes } from './indexes.ts';
import type { Endpoint, EndpointSet, EndpointTls, ProtocolHint } from './outbound-model.ts';
import { portOfService } from './services.ts';
import { identityLabels, ownerLabels } from './workload-labels.ts';
import { listsPort, type Workload } from './workloads.ts';

/** The Service port a client asks for; `instance` picks one pod of a headless Service by its host name. */
export interface EndpointsQuery {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly instance?: string | undefined;
  /** Where the client runs; absent when unknown. */
  readonly nodeName?: string | undefined;
}

/** Every address has the same weight; balancing is by load. */
const WEIGHT = 10_000;

const KEEP_ALIVE = { intervalMs: 10_000, timeoutMs: 3_000, whileIdle: true } as const;

/** Undefined when there is no such Service. A port that the Service does not define has no endpoints. */
export const endpointsOf = (indexes: Indexes, query: EndpointsQuery): EndpointSet | undefined => {
  const service = indexes.services.get(query.namespace, query.service);
  if (!service || service.spec.type === 'ExternalName') return undefined;
  const labels = { namespace: query.namespace, service: query.service };
  const servicePort = portOfService(service, query.port);
  if (!servicePort) return { labels, endpoints: [] };
  const isLocalOnly = service.spec.internalTrafficPolicy === 'Local';
  const zone = zoneOf(indexes, query.nodeName);
  const candidates: Candidate[] = [];
  for (const slice of indexes.services.slicesOf(`${query.namespace}/${query.service}`)) {
    for (const port of targetPorts(slice, servicePort.name)) {
      for (const endpoint of slice.endpoints) {
        if (!endpoint.isReady && !service.spec.publishNotReadyAddresses) continue;
        if (query.instance !== undefined && endpoint.hostname !== query.instance) continue;
        if (isLocalOnly && (query.nodeName === undefined || endpoint.nodeName !== query.nodeName)) continue;
        candidates.push({ slice, endpoint, port });
      }
    }
  }
  const endpoints = new Map<string, Endpoint>();
  for (const candidate of inZone(candidates, zone)) {
    for (const endpoint of endpointsFrom(indexes, candidate, zone)) {
      const key = `${formatIp(endpoint.address.ip)} ${endpoint.address.port}`;
      if (!endpoints.has(key)) endpoints.set(key, endpoint);
    }
  }
  return { labels, endpoints: [...endpoints.values()].sort(compareEndpoints) };
};

interface Candidate {
  readonly slice: EndpointSlice;
  readonly endpoint: SliceEndpoint;
  readonly port: number;
}

const targetPorts = (slice: EndpointSlice, name: string): readonly number[] =>
  slice.ports.flatMap((port) =>
    port.name === name && port.protocol === 'TCP' && port.port !== undefined ? [port.port] : [],
  );

/** Topology hints count only when every candidate has them and they leave somebody (wire §3.7). */
const inZone = (candidates: readonly Candidate[], zone: string | undefined): readonly Candidate[] => {
  if (zone === undefined || candidates.some(({ endpoint }) => endpoint.forZones.length === 0)) return candidates;
  const near = candidates.filter(({ endpoint }) => endpoint.forZones.includes(zone));
  return near.length > 0 ? near : candidates;
};

const endpointsFrom = (indexes: Indexes, { slice, endpoint, port }: Candidate, zone?: string): readonly Endpoint[] => {
  if (slice.addressType === 'FQDN') return [];
  const labels = zoneLabels(endpoint.zone, zone);
  return endpoint.addresses.flatMap((text) => {
    const ip = parseIp(text);
    if (ip.kind === 'error') return [];
    const behind = whoIsBehind(indexes, endpoint, ip.value);
    if (behind === 'unknown' || (behind !== 'nobody' && isOtherFamily(behind, ip.value))) return [];
    return behind === 'nobody'
      ? [{ address: { ip: ip.value, port }, weight: WEIGHT, labels }]
      : [workloadEndpoint(indexes, behind, ip.value, port, labels)];
  });
};

/**
 * The workload that an address is of, by reference or, where an author wrote down a mere address, by that. `unknown` is
 * a pod not seen yet, or something that may have an identity of a kind we do not know.
 */
const whoIsBehind = (
  { workloads }: Indexes,
  { targetRef }: SliceEndpoint,
  ip: IpAddress,
): Workload | 'nobody' | 'unknown' => {
  if (!targetRef) return workloads.at(formatIp(ip)) ?? 'nobody';
  if (targetRef.kind === 'Pod') return workloads.get(targetRef.namespace, targetRef.name) ?? 'unknown';
  return 'unknown';
};

/** A pod with addresses of both families appears once, with its IPv4 address. */
const isOtherFamily = (workload: Workload, ip: IpAddress): boolean =>
  ip.kind === 'v6' && workload.ips.some((own) => own.kind === 'v4');

/** One address of a workload with its TLS identity and hints. */
export const workloadEndpoint = (
  indexes: Indexes,
  workload: Workload,
  ip: IpAddress,
  port: number,
  labels: Readonly<Record<string, string>>,
): Endpoint => {
  const endpoint = {
    address: { ip, port },
    weight: WEIGHT,
    labels: { ...ownerLabels(workload), ...identityLabels(workload), ...labels },
  };
  const { options } = indexes;
  if (workload.controlPlane === undefined || listsPort(workload, workload.skippedPorts, port)) return endpoint;
  return {
    ...endpoint,
    ...(workload.controlPlane === options.controlPlaneNamespace ? { tls: tlsOf(workload) } : {}),
    hint: hintOf(indexes, workload, port),
    keepAlive: KEEP_ALIVE,
  };
};

const tlsOf = ({ identity }: Workload): EndpointTls => ({
  identity: { kind: 'dns', name: identity },
  serverName: identity,
});

const hintOf = (indexes: Indexes, workload: Workload, port: number): ProtocolHint => {
  const { inbound, admin } = workload.proxyPorts;
  const isOpaque = isOpaquePort(indexes, workload, port);
  const isProxyPort = port === inbound || port === admin;
  const needsHeader = isOpaque || indexes.options.outboundTransportMode === 'transport-header';
  return {
    protocol: isOpaque ? 'opaque' : 'h2',
    ...(needsHeader && !isProxyPort ? { opaqueTransportPort: inbound } : {}),
  };
};

/** An address that nothing is known about. */
export const bareEndpoint = (ip: IpAddress, port: number): Endpoint => ({
  address: { ip, port },
  weight: WEIGHT,
  labels: {},
});

const zoneOf = ({ nodes }: Indexes, nodeName: string | undefined): string | undefined =>
  nodeName === undefined ? undefined : nodes.zoneOf(nodeName);

const zoneLabels = (zone: string, clientZone: string | undefined): Readonly<Record<string, string>> => ({
  ...(zone === '' ? {} : { zone }),
  zone_locality: zone === '' || clientZone === undefined ? 'unknown' : zone === clientZone ? 'local' : 'remote',
});

const compareEndpoints = (a: Endpoint, b: Endpoint): number =>
  compareIps(a.address.ip, b.address.ip) || a.address.port - b.address.port;
