/** Which of the six default policies (features §2.6) a port without a Server gets; what each grants is policy's to say. */
import type { DefaultPolicyName } from '@heddle/crds';
import { defaultPolicyOf, identityPortsOf } from './annotations.ts';
import type { Indexes } from './indexes.ts';
import { listsPort, type Workload } from './workload.ts';

/** What the pod's annotation says, else its namespace's, else the install; with an identity where that is required. */
export const defaultPolicyFor = (
  { namespaces, options }: Indexes,
  workload: Workload,
  port: number,
): DefaultPolicyName => {
  const namespace = namespaces.get(workload.namespace)?.metadata;
  const policy = workload.defaultPolicy ?? defaultPolicyOf(namespace) ?? options.defaultInboundPolicy;
  const identityPorts = workload.identityPorts ?? identityPortsOf(namespace);
  return listsPort(workload, identityPorts, port) ? withIdentity(policy) : policy;
};

/** The same policy for a port that always requires an identity. */
const withIdentity = (policy: DefaultPolicyName): DefaultPolicyName => {
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
