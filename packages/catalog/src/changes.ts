/**
 * Which answers one change of the catalog may have changed. Complete, not minimal: an answer that differs is always
 * named, an answer that is named may turn out equal. Whoever holds an answer asks again and compares.
 */

/** Workloads and services are named `namespace/name`, addresses by their text, resources by `keyText`. */
export interface Changes {
  /** Workloads whose inbound policy may differ, and on which ports. */
  readonly inbound: ReadonlyMap<string, ReadonlySet<number> | 'all'>;
  /** Services whose endpoints may differ. */
  readonly endpoints: ReadonlySet<string>;
  /** Services whose profile and outbound policy, asked for by name, may differ. */
  readonly services: ReadonlySet<string>;
  /** Addresses whose profile and outbound policy may differ. */
  readonly addresses: ReadonlySet<string>;
  /** Namespaces whose clients may reach addresses outside the cluster differently. */
  readonly egress: ReadonlySet<string>;
  /** Nodes whose zone may differ. */
  readonly nodes: ReadonlySet<string>;
  /** Resources whose status may differ. */
  readonly statuses: ReadonlySet<string>;
}

export class ChangeSet implements Changes {
  readonly inbound = new Map<string, Set<number> | 'all'>();
  readonly endpoints = new Set<string>();
  readonly services = new Set<string>();
  readonly addresses = new Set<string>();
  readonly egress = new Set<string>();
  readonly nodes = new Set<string>();
  readonly statuses = new Set<string>();

  addInbound(workload: string, ports: Iterable<number> | 'all'): void {
    const known = this.inbound.get(workload);
    if (known === 'all') return;
    if (ports === 'all') this.inbound.set(workload, 'all');
    else if (known) for (const port of ports) known.add(port);
    else this.inbound.set(workload, new Set(ports));
  }
}
