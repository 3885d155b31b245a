/**
 * The six default policies (features §2.6): what a port without a Server answers, and what a Server's `accessPolicy`
 * adds.
 */
import type { DefaultPolicyName } from '@heddle/crds';
import type { Authorization } from '@heddle/policy';
import { anyIdentity, clusterNetworks, everywhere } from './grants.ts';
import type { CatalogOptions } from './options.ts';
import { defaultRef } from './refs.ts';

/** What a default policy allows: nothing, or one authorization of its name. */
export const defaultGrants = (policy: DefaultPolicyName, options: CatalogOptions): readonly Authorization[] => {
  if (policy === 'deny') return [];
  const networks = policy.startsWith('cluster-') ? clusterNetworks(options) : everywhere;
  if (networks.length === 0) return [];
  return [
    {
      ref: defaultRef(policy),
      networks,
      authentication: policy.endsWith('-authenticated') ? anyIdentity : { kind: 'unauthenticated' },
    },
  ];
};

/** The same policy for a port that always requires an identity. */
export const withIdentity = (policy: DefaultPolicyName): DefaultPolicyName => {
  switch (policy) {
    case 'all-unauthenticated':
    case 'audit':
      return 'all-authenticated';
    case 'cluster-unauthenticated':
      return 'cluster-authenticated';
    case 'all-authenticated':
    case 'cluster-authenticated':
    case 'deny':
      return policy;
  }
};
