/** Whether EgressNetworks speak of what is outside the cluster. */
import type { EgressNetwork } from '@heddle/crds';
import { type Condition, fails, holds } from './condition.ts';
import { overlapsCluster } from './egress-networks.ts';
import type { Indexes } from './indexes.ts';

export const egressNetworkStatus = ({ options }: Indexes, network: EgressNetwork): readonly Condition[] =>
  overlapsCluster(network, options)
    ? [
        fails(
          'Accepted',
          'EgressReasonNetworkOverlap',
          'a network of it overlaps with the networks of the cluster; pods and Services are never reached as egress',
        ),
      ]
    : [holds('Accepted')];
