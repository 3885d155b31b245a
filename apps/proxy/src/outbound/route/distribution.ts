/** Which backend a request or connection goes to (wire §9.2). */
import type { Distribution } from '@heddle/catalog';
import type { BackendLease, Backends } from '../balance/backends.ts';
import type { Balancer } from '../balance/balancer.ts';

export interface CompiledDistribution {
  /** Undefined: nothing to forward to, ever. */
  choose(random: () => number): Balancer | undefined;
}

interface Weighted {
  readonly balancer: Balancer;
  readonly weight: number;
}

/** @param leases receives what must be released when the distribution is no longer used */
export const compileDistribution = (
  distribution: Distribution,
  backends: Backends,
  leases: BackendLease[],
): CompiledDistribution => {
  const acquire = (backend: Parameters<Backends['acquire']>[0]): Balancer => {
    const lease = backends.acquire(backend);
    leases.push(lease);
    return lease.balancer;
  };
  switch (distribution.kind) {
    case 'empty':
      return { choose: () => undefined };
    case 'firstAvailable': {
      const balancers = distribution.backends.map(acquire);
      const [first] = balancers;
      if (balancers.length === 1) return { choose: () => first };
      return { choose: () => balancers.find(({ isAvailable }) => isAvailable) ?? first };
    }
    case 'randomAvailable': {
      const weighted = distribution.backends
        .filter(({ weight }) => weight > 0)
        .map(({ backend, weight }) => ({ balancer: acquire(backend), weight }));
      return {
        choose: (random) => {
          const available = weighted.filter(({ balancer }) => balancer.isAvailable);
          return byWeight(available.length > 0 ? available : weighted, random());
        },
      };
    }
  }
};

/** @param random uniform in [0, 1) */
const byWeight = (weighted: readonly Weighted[], random: number): Balancer | undefined => {
  let left = random * weighted.reduce((sum, { weight }) => sum + weight, 0);
  for (const { balancer, weight } of weighted) {
    left -= weight;
    if (left < 0) return balancer;
  }
  return weighted.at(-1)?.balancer;
};
