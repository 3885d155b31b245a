/**
 * Which ports are closed because something that may speak of them cannot be read. A closure counts before every Server,
 * however old: what an unreadable resource would have owned, nobody can tell.
 */
import type { Server, UnreadableResource } from '@heddle/crds';
import { SelectorIndex } from './label-index.ts';
import { MultiMap } from './multi-map.ts';
import { serverKey } from './servers.ts';
import type { Workload } from './workload.ts';

export class Closures {
  readonly #byServer = new MultiMap<UnreadableResource>();
  readonly #byNamespace = new MultiMap<UnreadableResource>();
  /** What stands for a Server. */
  readonly #servers = new Map<string, UnreadableResource>();
  readonly #egress = new MultiMap<UnreadableResource>();
  readonly #selectors = new Map<string, SelectorIndex<UnreadableResource>>();

  add(closure: UnreadableResource): void {
    const { namespace } = closure.metadata;
    const { closes } = closure;
    if (closes.kind === 'ports') {
      let selectors = this.#selectors.get(namespace);
      if (!selectors) this.#selectors.set(namespace, (selectors = new SelectorIndex()));
      selectors.add(closure, closes.selector);
      this.#servers.set(`${namespace}/${closure.metadata.name}`, closure);
    } else if (closes.kind === 'servers') {
      if (!closes.names) this.#byNamespace.add(namespace, closure);
      for (const name of closes.names ?? []) this.#byServer.add(`${namespace}/${name}`, closure);
    } else if (closes.kind === 'egress') {
      this.#egress.add(namespace, closure);
    }
  }

  delete(closure: UnreadableResource): void {
    const { namespace } = closure.metadata;
    const { closes } = closure;
    if (closes.kind === 'ports') {
      this.#selectors.get(namespace)?.delete(closure);
      this.#servers.delete(`${namespace}/${closure.metadata.name}`);
    } else if (closes.kind === 'servers') {
      this.#byNamespace.delete(namespace, closure);
      for (const name of closes.names ?? []) this.#byServer.delete(`${namespace}/${name}`, closure);
    } else if (closes.kind === 'egress') {
      this.#egress.delete(namespace, closure);
    }
  }

  /** What stands for a Server (`namespace/name`) that cannot be read. */
  standingFor(server: string): UnreadableResource | undefined {
    return this.#servers.get(server);
  }

  /** What closes a port of a workload, by itself. */
  onPort(workload: Workload, port: number): UnreadableResource | undefined {
    const selecting = this.#selectors.get(workload.namespace)?.selecting(workload.pod.metadata.labels) ?? [];
    return first(selecting.filter(({ closes }) => closes.kind === 'ports' && namesPort(closes.port, workload, port)));
  }

  /** What closes the way out of the cluster that EgressNetworks of a namespace speak of. */
  onEgress(namespace: string): UnreadableResource | undefined {
    return first([...this.#egress.get(namespace)]);
  }

  /** What closes a Server, wherever it owns a port. */
  onServer(server: Server): UnreadableResource | undefined {
    return first([...this.#byServer.get(serverKey(server)), ...this.#byNamespace.get(server.metadata.namespace)]);
  }
}

const namesPort = (named: number | string | undefined, workload: Workload, port: number): boolean => {
  if (named === undefined) return true;
  return typeof named === 'number' ? named === port : (workload.portsByName.get(named) ?? []).includes(port);
};

/** By name, so that the answer does not depend on who came first. */
const first = (closures: readonly UnreadableResource[]): UnreadableResource | undefined =>
  closures.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))[0];

const nameOf = ({ standsFor, group, metadata }: UnreadableResource): string => `${metadata.name} ${standsFor} ${group}`;
