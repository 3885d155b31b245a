/**
 * The endpoints of a service's port: addresses from its EndpointSlices, with what a client must know to reach each over
 * the mesh (wire §3.7). An address whose pod is not known yet is left out: it would have to be reached without an
 * identity that it may well have.
 */
import type { Service, Endpoint as SliceEndpoint } from '@heddle/crds/core';
import { compareIps, formatIp, type IpAddress, parseIp } from '@heddle/names';
import { type Candidate, candidatesFor } from './endpoint-candidates.ts';
import type { Indexes } from './indexes.ts';
import type { Endpoint, EndpointSet } from './outbound-model.ts';
import { portOfService } from './services.ts';
import type { Workload } from './workload.ts';
import { bareEndpoint, workloadEndpoint } from './workload-endpoint.ts';

/** The Service port a client asks for; `instance` picks one pod of a headless Service by its host name. */
export interface EndpointsQuery {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly instance?: string | undefined;
  /** Where the client runs; absent when unknown. */
  readonly nodeName?: string | undefined;
}

/** Undefined when there is no such Service. A port that the Service does not define has no endpoints. */
export const endpointsOf = (indexes: Indexes, query: EndpointsQuery): EndpointSet | undefined => {
  const { namespace, service: name, instance, nodeName } = query;
  const service = indexes.services.get(namespace, name);
  if (!service || service.spec.type === 'ExternalName') return undefined;
  const labels = { namespace, service: name };
  const port = portOfService(service, query.port);
  if (!port) return { labels, endpoints: [] };
  const zone = nodeName === undefined ? undefined : indexes.nodes.zoneOf(nodeName);
  const slices = indexes.services.slicesOf(`${namespace}/${name}`);
  const candidates = candidatesFor(slices, service, { portName: port.name, instance, nodeName, zone });
  const found = new Map<string, Found>();
  for (const candidate of candidates) {
    for (const each of foundBehind(indexes, candidate)) {
      const key = `${formatIp(each.ip)} ${candidate.port}`;
      if (!found.has(key)) found.set(key, each);
    }
  }
  const endpoints = inOneFamily([...found.values()], service).map((each) => endpointFrom(indexes, each, zone));
  return { labels, endpoints: endpoints.sort(compareEndpoints) };
};

/** An address and who is there; absent where nobody is known to be. */
interface Found {
  readonly candidate: Candidate;
  readonly ip: IpAddress;
  readonly workload: Workload | undefined;
}

const foundBehind = (indexes: Indexes, candidate: Candidate): readonly Found[] => {
  const { slice, endpoint } = candidate;
  if (slice.addressType === 'FQDN') return [];
  return endpoint.addresses.flatMap((text) => {
    const ip = parseIp(text);
    if (ip.kind === 'error') return [];
    const behind = whoIsBehind(indexes, endpoint, ip.value);
    if (behind === 'unknown') return [];
    return [{ candidate, ip: ip.value, workload: behind === 'nobody' ? undefined : behind }];
  });
};

/**
 * The workload that an address is of, by reference or, where an author wrote down a mere address or a node, by that.
 * `unknown` is a pod not seen yet, or something that may have an identity of a kind we do not know.
 */
const whoIsBehind = (
  { workloads }: Indexes,
  { targetRef }: SliceEndpoint,
  ip: IpAddress,
): Workload | 'nobody' | 'unknown' => {
  if (!targetRef || targetRef.kind === 'Node') return workloads.at(formatIp(ip)) ?? 'nobody';
  if (targetRef.kind === 'Pod') return workloads.get(targetRef.namespace, targetRef.name) ?? 'unknown';
  return 'unknown';
};

/** A workload that is there in both families appears once, in the family that the Service puts first. */
const inOneFamily = (found: readonly Found[], { spec }: Service): readonly Found[] => {
  const preferred = spec.ipFamilies[0] === 'IPv6' ? 'v6' : 'v4';
  const settled = new Set(found.filter(({ ip }) => ip.kind === preferred).map(({ workload }) => workload));
  return found.filter(({ ip, workload }) => workload === undefined || ip.kind === preferred || !settled.has(workload));
};

const endpointFrom = (indexes: Indexes, { candidate, ip, workload }: Found, zone: string | undefined): Endpoint => {
  const labels = zoneLabels(candidate.endpoint.zone, zone);
  return workload
    ? workloadEndpoint(indexes, workload, ip, candidate.port, labels)
    : bareEndpoint(ip, candidate.port, labels);
};

const zoneLabels = (zone: string, clientZone: string | undefined): Readonly<Record<string, string>> => ({
  ...(zone === '' ? {} : { zone }),
  zone_locality: zone === '' || clientZone === undefined ? 'unknown' : zone === clientZone ? 'local' : 'remote',
});

const compareEndpoints = (a: Endpoint, b: Endpoint): number =>
  compareIps(a.address.ip, b.address.ip) || a.address.port - b.address.port;
