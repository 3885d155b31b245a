/** Services and their EndpointSlices, by name, by cluster address, and by what the slices point at. */
import type { EndpointSlice, Service, ServicePort } from '@heddle/crds/core';
import { formatIp, parseIp } from '@heddle/names';
import { MultiMap } from './multi-map.ts';

export class Services {
  readonly #byKey = new Map<string, Service>();
  readonly #byNamespace = new MultiMap<Service>();
  readonly #byAddress = new MultiMap<Service>();
  readonly #slicesByService = new MultiMap<EndpointSlice>();
  readonly #servicesByTarget = new Map<string, Map<string, number>>();

  add(service: Service): void {
    this.#byKey.set(serviceKey(service), service);
    this.#byNamespace.add(service.metadata.namespace, service);
    for (const address of clusterAddresses(service)) this.#byAddress.add(address, service);
  }

  delete(service: Service): void {
    this.#byKey.delete(serviceKey(service));
    this.#byNamespace.delete(service.metadata.namespace, service);
    for (const address of clusterAddresses(service)) this.#byAddress.delete(address, service);
  }

  addSlice(slice: EndpointSlice): void {
    const service = serviceOfSlice(slice);
    this.#slicesByService.add(service, slice);
    for (const target of targetsOfSlice(slice)) {
      let counts = this.#servicesByTarget.get(target);
      if (!counts) this.#servicesByTarget.set(target, (counts = new Map()));
      counts.set(service, (counts.get(service) ?? 0) + 1);
    }
  }

  deleteSlice(slice: EndpointSlice): void {
    const service = serviceOfSlice(slice);
    this.#slicesByService.delete(service, slice);
    for (const target of targetsOfSlice(slice)) {
      const counts = this.#servicesByTarget.get(target);
      const left = (counts?.get(service) ?? 0) - 1;
      if (left > 0) counts?.set(service, left);
      else counts?.delete(service);
      if (counts?.size === 0) this.#servicesByTarget.delete(target);
    }
  }

  get(namespace: string, name: string): Service | undefined {
    return this.#byKey.get(`${namespace}/${name}`);
  }

  inNamespace(namespace: string): ReadonlySet<Service> {
    return this.#byNamespace.get(namespace);
  }

  /** The Services with a cluster address; more than one is a fault of the cluster. */
  at(address: string): ReadonlySet<Service> {
    return this.#byAddress.get(address);
  }

  /** By name: an address that is in several slices for a while is taken from the first. */
  slicesOf(service: string): readonly EndpointSlice[] {
    return [...this.#slicesByService.get(service)].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** The Services (`namespace/name`) whose slices point at a pod (`namespace/name`), or at an address without a pod. */
  pointingAt(target: string): Iterable<string> {
    return this.#servicesByTarget.get(target)?.keys() ?? [];
  }
}

/** `namespace/name`. */
export const serviceKey = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`;

/** The Service (`namespace/name`) a slice belongs to. */
export const serviceOfSlice = (slice: EndpointSlice): string => `${slice.metadata.namespace}/${slice.serviceName}`;

/** The cluster addresses of a Service in canonical text. */
export const clusterAddresses = (service: Service): readonly string[] => service.spec.clusterIps.flatMap(canonicalIp);

/** The TCP port of a Service with a number, if it defines one. */
export const portOfService = (service: Service, port: number): ServicePort | undefined =>
  service.spec.ports.find((candidate) => candidate.port === port && candidate.protocol === 'TCP');

const targetsOfSlice = (slice: EndpointSlice): ReadonlySet<string> =>
  new Set(
    slice.endpoints.flatMap(({ targetRef, addresses }) => {
      if (!targetRef) return addresses.flatMap(canonicalIp);
      return targetRef.kind === 'Pod' ? [`${targetRef.namespace}/${targetRef.name}`] : [];
    }),
  );

const canonicalIp = (text: string): readonly string[] => {
  const ip = parseIp(text);
  return ip.kind === 'ok' ? [formatIp(ip.value)] : [];
};

/** Says that several Services claim one cluster address. */
export const sharedAddress = (address: string): string =>
  `several Services have the cluster address ${address}; delete all but one`;
