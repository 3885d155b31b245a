/**
 * EgressNetworks: destinations outside the cluster, and whether traffic goes there. Those of the client's namespace count
 * before those of the install's namespace for egress; then the most specific network, the oldest, the first by name
 * (features §2.7).
 */
import { compareAge, type EgressNetwork } from '@heddle/crds';
import { type IpAddress, type IpNetwork, networkContains, networkCovers } from '@heddle/names';
import { MultiMap } from './multi-map.ts';
import type { CatalogOptions } from './options.ts';

export class EgressNetworks {
  readonly #byKey = new Map<string, EgressNetwork>();
  readonly #byNamespace = new MultiMap<EgressNetwork>();

  add(network: EgressNetwork): void {
    this.#byKey.set(keyOf(network), network);
    this.#byNamespace.add(network.metadata.namespace, network);
  }

  delete(network: EgressNetwork): void {
    this.#byKey.delete(keyOf(network));
    this.#byNamespace.delete(network.metadata.namespace, network);
  }

  has(namespace: string, name: string): boolean {
    return this.#byKey.has(`${namespace}/${name}`);
  }

  /** The EgressNetwork that speaks of an address, for a client in a namespace. */
  speakingOf(
    address: IpAddress,
    clientNamespace: string | undefined,
    options: CatalogOptions,
  ): EgressNetwork | undefined {
    const own = clientNamespace === undefined ? [] : this.#byNamespace.get(clientNamespace);
    return (
      mostSpecific(own, address, options) ??
      mostSpecific(this.#byNamespace.get(options.globalEgressNamespace), address, options)
    );
  }
}

/** Whether an EgressNetwork names networks that are the cluster's own, at least in part. */
export const overlapsCluster = ({ spec }: EgressNetwork, { clusterNetworks }: CatalogOptions): boolean =>
  (spec.networks ?? []).some(({ net, except }) =>
    clusterNetworks.some(
      (own) => overlap(net, own) && !except.some((left) => networkCovers(left, net) || networkCovers(left, own)),
    ),
  );

const mostSpecific = (
  candidates: Iterable<EgressNetwork>,
  address: IpAddress,
  options: CatalogOptions,
): EgressNetwork | undefined => {
  let found: EgressNetwork | undefined;
  let foundLength = -1;
  for (const candidate of candidates) {
    const length = lengthOfMatch(candidate, address, options);
    if (length === undefined || length < foundLength) continue;
    if (length === foundLength && found && compareAge(found.metadata, candidate.metadata) < 0) continue;
    found = candidate;
    foundLength = length;
  }
  return found;
};

/** The length of the longest network that holds the address; undefined when none does. */
const lengthOfMatch = (
  { spec }: EgressNetwork,
  address: IpAddress,
  { clusterNetworks }: CatalogOptions,
): number | undefined => {
  if (!spec.networks) return clusterNetworks.some((network) => networkContains(network, address)) ? undefined : 0;
  const lengths = spec.networks
    .filter(
      ({ net, except }) => networkContains(net, address) && !except.some((part) => networkContains(part, address)),
    )
    .map(({ net }) => net.prefixLength);
  return lengths.length > 0 ? Math.max(...lengths) : undefined;
};

const overlap = (a: IpNetwork, b: IpNetwork): boolean => networkCovers(a, b) || networkCovers(b, a);

const keyOf = ({ metadata }: EgressNetwork): string => `${metadata.namespace}/${metadata.name}`;
