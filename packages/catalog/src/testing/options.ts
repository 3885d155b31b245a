import { orThrow, parseNetwork } from '@heddle/names';
import type { CatalogOptions } from '../options.ts';
import { parsePortList } from '../port-list.ts';

/** The install that tests assume: pods in 10.0.0.0/8, the default policy `all-authenticated`. */
export const testOptions: CatalogOptions = {
  controlPlaneNamespace: 'linkerd',
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  clusterNetworks: [orThrow(parseNetwork('10.0.0.0/8'))],
  probeNetworks: [orThrow(parseNetwork('0.0.0.0/0')), orThrow(parseNetwork('::/0'))],
  globalEgressNamespace: 'linkerd-egress',
  defaultInboundPolicy: 'all-authenticated',
  defaultOpaquePorts: parsePortList('25,3306'),
  outboundTransportMode: 'transport-header',
  inboundProxyPort: 4143,
  adminProxyPort: 4191,
};
