/** What the install says once and the catalog needs for every answer. */
import type { DefaultPolicyName } from '@heddle/crds';
import type { IpNetwork } from '@heddle/names';
import type { PortList } from './port-list.ts';

export interface CatalogOptions {
  readonly controlPlaneNamespace: string;
  readonly trustDomain: string;
  /** The DNS suffix of the cluster: `cluster.local`. */
  readonly clusterDomain: string;
  /** Addresses of pods and Services; what is outside is outside the cluster. */
  readonly clusterNetworks: readonly IpNetwork[];
  /** Where health probes may come from, besides the node of the pod that is probed. */
  readonly probeNetworks: readonly IpNetwork[];
  /** The namespace whose EgressNetworks hold for clients of every namespace. */
  readonly globalEgressNamespace: string;
  readonly defaultInboundPolicy: DefaultPolicyName;
  /** Ports that carry server-first protocols unless a pod, Service or Namespace says otherwise. */
  readonly defaultOpaquePorts: PortList;
  /** `transport-header`: meshed traffic goes to the peer's proxy port; `transparent`: only that of opaque ports does. */
  readonly outboundTransportMode: 'transport-header' | 'transparent';
  /** Where a meshed pod's proxy listens unless its annotations say otherwise. */
  readonly inboundProxyPort: number;
  readonly adminProxyPort: number;
}
