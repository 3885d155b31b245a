/** HTTPLocalRateLimitPolicies: the oldest that targets a Server limits it, the others do nothing (features §2.6). */
import { compareAge, type HttpLocalRateLimitPolicy } from '@heddle/crds';
import { serviceAccountIdentity } from '@heddle/names';
import type { RateLimit } from '@heddle/policy';
import { MultiMap } from './multi-map.ts';
import type { CatalogOptions } from './options.ts';
import { resourceRef } from './refs.ts';

export class RateLimits {
  readonly #byServer = new MultiMap<HttpLocalRateLimitPolicy>();

  add(policy: HttpLocalRateLimitPolicy): void {
    this.#byServer.add(serverOf(policy), policy);
  }

  delete(policy: HttpLocalRateLimitPolicy): void {
    this.#byServer.delete(serverOf(policy), policy);
  }

  /** Every policy that targets a Server (`namespace/name`), the one in force first. */
  on(server: string): readonly HttpLocalRateLimitPolicy[] {
    return [...this.#byServer.get(server)].sort((a, b) => compareAge(a.metadata, b.metadata));
  }
}

/** The Server (`namespace/name`) a policy targets. */
export const serverOf = ({ metadata, spec }: HttpLocalRateLimitPolicy): string =>
  `${metadata.namespace}/${spec.server.name}`;

export const rateLimitFrom = (policy: HttpLocalRateLimitPolicy, options: CatalogOptions): RateLimit => ({
  ref: resourceRef(policy),
  total: policy.spec.total,
  identity: policy.spec.identity,
  overrides: policy.spec.overrides.map(({ requestsPerSecond, serviceAccounts }) => ({
    requestsPerSecond,
    identities: serviceAccounts.map((account) => serviceAccountIdentity(account, options)),
  })),
});
