/**
 * The traffic split of a ServiceProfile (wire §9.1): where there is one, it takes the place of the policy's routes. What
 * the policy refuses stays refused.
 */
import type {
  Backend,
  Distribution,
  OpaqueRoute,
  OutboundPolicy,
  OutboundProtocol,
  ProfileOverride,
} from '@heddle/catalog';

export const splitPolicy = (policy: OutboundPolicy, overrides: readonly ProfileOverride[]): OutboundPolicy => {
  const weighted = overrides.filter(({ weight }) => weight > 0);
  if (weighted.length === 0) return policy;
  const backends = weighted.map(({ authority, weight }) => ({ backend: backendFrom(policy, authority), weight }));
  return { ...policy, protocol: withDistribution(policy.protocol, { kind: 'randomAvailable', backends }) };
};

const backendFrom = ({ ref }: OutboundPolicy, path: string): Backend => ({
  ref,
  target: { kind: 'balancer', path, defaultRttMs: 30, decayMs: 10_000 },
  queue: { capacity: 100, failfastTimeoutMs: 3000 },
});

const withDistribution = (protocol: OutboundProtocol, distribution: Distribution): OutboundProtocol => {
  const ref = { kind: 'default', name: 'profile' } as const;
  const routes = [{ ref, hosts: [], rules: [{ matches: [], filters: [], distribution }] }];
  switch (protocol.kind) {
    case 'detect':
      return isRefusing(protocol.opaqueRoute)
        ? protocol
        : { ...protocol, http1Routes: routes, http2Routes: routes, opaqueRoute: { ref, filters: [], distribution } };
    case 'http1':
    case 'http2':
      return { kind: protocol.kind, routes };
    case 'opaque':
      return isRefusing(protocol.route) ? protocol : { kind: 'opaque', route: { ref, filters: [], distribution } };
  }
};

const isRefusing = ({ filters }: OpaqueRoute): boolean => filters.length > 0;
