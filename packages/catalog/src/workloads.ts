/** The workloads of the cluster, by name, by address, by node and by label. */
import type { LabelSelector } from '@heddle/crds';
import type { Pod } from '@heddle/crds/core';
import { formatIp, type IpAddress } from '@heddle/names';
import { LabelIndex } from './label-index.ts';
import { MultiMap } from './multi-map.ts';
import type { CatalogOptions } from './options.ts';
import { type HostPort, type Workload, workloadFrom } from './workload.ts';

export class Workloads {
  readonly #options: CatalogOptions;
  readonly #byKey = new Map<string, Workload>();
  readonly #byAddress = new MultiMap<Workload>();
  readonly #byHostPort = new MultiMap<Workload>();
  readonly #byNamespace = new MultiMap<Workload>();
  readonly #byNode = new MultiMap<Workload>();
  readonly #labels = new Map<string, LabelIndex<Workload>>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  add(pod: Pod): void {
    const workload = workloadFrom(pod, this.#options);
    this.#byKey.set(workload.key, workload);
    this.#byNamespace.add(workload.namespace, workload);
    this.#byNode.add(pod.spec.nodeName, workload);
    for (const address of workload.addresses) this.#byAddress.add(address, workload);
    for (const hostPort of workload.hostPorts) this.#byHostPort.add(hostPortKey(hostPort), workload);
    let labels = this.#labels.get(workload.namespace);
    if (!labels) this.#labels.set(workload.namespace, (labels = new LabelIndex()));
    labels.add(workload, pod.metadata.labels);
  }

  delete(pod: Pod): void {
    const workload = this.get(pod.metadata.namespace, pod.metadata.name);
    if (!workload) return;
    this.#byKey.delete(workload.key);
    this.#byNamespace.delete(workload.namespace, workload);
    this.#byNode.delete(workload.pod.spec.nodeName, workload);
    for (const address of workload.addresses) this.#byAddress.delete(address, workload);
    for (const hostPort of workload.hostPorts) this.#byHostPort.delete(hostPortKey(hostPort), workload);
    this.#labels.get(workload.namespace)?.delete(workload);
  }

  get(namespace: string, name: string): Workload | undefined {
    return this.#byKey.get(`${namespace}/${name}`);
  }

  inNamespace(namespace: string): ReadonlySet<Workload> {
    return this.#byNamespace.get(namespace);
  }

  onNode(name: string): ReadonlySet<Workload> {
    return this.#byNode.get(name);
  }

  selectedBy(namespace: string, selector: LabelSelector): readonly Workload[] {
    return this.#labels.get(namespace)?.selectedBy(selector) ?? [];
  }

  /** Whether an address is some workload's. */
  isTaken(ip: IpAddress): boolean {
    return this.#byAddress.get(formatIp(ip)).size > 0;
  }

  /** The workload that owns an address: the youngest, while an old pod with the same address lingers. */
  at(address: string): Workload | undefined {
    return youngest(this.#byAddress.get(address));
  }

  /** The workload that a port of a node leads to, and to which of its ports. */
  behindHostPort(address: string, hostPort: number): { workload: Workload; port: number } | undefined {
    const workload = youngest(this.#byHostPort.get(hostPortKey({ address, hostPort })));
    const port = workload?.hostPorts.find((each) => each.address === address && each.hostPort === hostPort);
    return workload && port && { workload, port: port.containerPort };
  }
}

const hostPortKey = ({ address, hostPort }: Omit<HostPort, 'containerPort'>): string => `${address} ${hostPort}`;

const youngest = (workloads: Iterable<Workload>): Workload | undefined => {
  let found: Workload | undefined;
  for (const workload of workloads) if (!found || compareYouth(workload, found) < 0) found = workload;
  return found;
};

const compareYouth = (a: Workload, b: Workload): number =>
  b.pod.metadata.creationTimestampMs - a.pod.metadata.creationTimestampMs || (a.key < b.key ? -1 : 1);
