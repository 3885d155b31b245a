/** The nodes of the cluster: in which zone each is, and from which addresses its kubelet calls. */
import type { Node } from '@heddle/crds/core';
import { formatIp, type IpAddress } from '@heddle/names';
import { MultiMap } from './multi-map.ts';
import { gatewaysOf, ownAddressesOf } from './node-addresses.ts';

interface KnownNode {
  readonly node: Node;
  readonly own: readonly IpAddress[];
  readonly gateways: readonly IpAddress[];
}

export class Nodes {
  readonly #byName = new Map<string, KnownNode>();
  readonly #byGateway = new MultiMap<string>();

  add(node: Node): void {
    const { name } = node.metadata;
    const known = { node, own: ownAddressesOf(node), gateways: gatewaysOf(node) };
    this.#byName.set(name, known);
    for (const gateway of known.gateways) this.#byGateway.add(formatIp(gateway), name);
  }

  delete({ metadata: { name } }: Node): void {
    for (const gateway of this.#byName.get(name)?.gateways ?? []) this.#byGateway.delete(formatIp(gateway), name);
    this.#byName.delete(name);
  }

  /** Undefined where the node is not known or not in any zone. */
  zoneOf(name: string): string | undefined {
    return this.#byName.get(name)?.node.metadata.labels['topology.kubernetes.io/zone'];
  }

  /** The addresses of a node; `isTaken` says which of those it has by custom only are a pod's. */
  addressesOf(name: string, isTaken: (address: IpAddress) => boolean): readonly IpAddress[] {
    const known = this.#byName.get(name);
    return known ? [...known.own, ...known.gateways.filter((gateway) => !isTaken(gateway))] : [];
  }

  /** The nodes that have an address by custom, unless a pod has it. */
  withGateway(address: string): ReadonlySet<string> {
    return this.#byGateway.get(address);
  }
}
