/**
 * Servers: which ports of which pods are under whose policy. A Server selects pods of its own namespace only. Where
 * several select one port, the oldest owns it, then the first by name (features §2.6).
 */
import { compareAge, type Server } from '@heddle/crds';
import { SelectorIndex } from './label-index.ts';
import { MultiMap } from './multi-map.ts';
import type { Workload } from './workload.ts';
import type { Workloads } from './workloads.ts';

export class Servers {
  readonly #byKey = new Map<string, Server>();
  readonly #byNamespace = new MultiMap<Server>();
  readonly #selectors = new Map<string, SelectorIndex<Server>>();

  add(server: Server): void {
    const { namespace } = server.metadata;
    this.#byKey.set(serverKey(server), server);
    this.#byNamespace.add(namespace, server);
    if (server.spec.workloads.kind !== 'pods') return;
    let selectors = this.#selectors.get(namespace);
    if (!selectors) this.#selectors.set(namespace, (selectors = new SelectorIndex()));
    selectors.add(server, server.spec.workloads.selector);
  }

  delete(server: Server): void {
    const { namespace } = server.metadata;
    this.#byKey.delete(serverKey(server));
    this.#byNamespace.delete(namespace, server);
    this.#selectors.get(namespace)?.delete(server);
  }

  get(namespace: string, name: string): Server | undefined {
    return this.#byKey.get(`${namespace}/${name}`);
  }

  /** By `namespace/name`. */
  at(key: string): Server | undefined {
    return this.#byKey.get(key);
  }

  inNamespace(namespace: string): ReadonlySet<Server> {
    return this.#byNamespace.get(namespace);
  }

  /** The Servers that select a workload, whatever their ports. */
  selecting(workload: Workload): readonly Server[] {
    return this.#selectors.get(workload.namespace)?.selecting(workload.pod.metadata.labels) ?? [];
  }

  /** The Servers that name one port of a workload, the owner first. */
  claiming(workload: Workload, port: number): readonly Server[] {
    return this.selecting(workload)
      .filter((server) => portsOf(server, workload).includes(port))
      .sort((a, b) => compareAge(a.metadata, b.metadata));
  }

  owner(workload: Workload, port: number): Server | undefined {
    return this.claiming(workload, port)[0];
  }
}

export const serverKey = (server: Server): string => `${server.metadata.namespace}/${server.metadata.name}`;

/** The ports of a workload that a Server names: a number as it stands, a name through the pod's container ports. */
export const portsOf = (server: Server, workload: Workload): readonly number[] => {
  const { port } = server.spec;
  return port.kind === 'number' ? [port.port] : (workload.portsByName.get(port.name) ?? []);
};

/** The workloads a Server selects. */
export const workloadsOf = (server: Server, workloads: Workloads): readonly Workload[] =>
  server.spec.workloads.kind === 'pods'
    ? workloads.selectedBy(server.metadata.namespace, server.spec.workloads.selector)
    : [];
