/** Gathers the identity patterns a policy names into one authentication (features §2.6 "Identity matching"). */
import {
  namespaceIdentitySuffix,
  parseIdentityPattern,
  type ServiceAccount,
  serviceAccountIdentity,
} from '@heddle/names';
import type { Authentication } from '@heddle/policy';
import type { CatalogOptions } from './options.ts';

export class IdentitySet {
  readonly #options: CatalogOptions;
  readonly #identities = new Set<string>();
  readonly #suffixes = new Map<string, readonly string[]>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** `*`, `*.suffix` or an exact name. What is none of these names nobody. */
  addPattern(text: string): void {
    const pattern = parseIdentityPattern(text);
    if (pattern.kind === 'error') return;
    if (pattern.value.kind === 'exact') this.#identities.add(pattern.value.name);
    else this.#suffixes.set(pattern.value.labels.join('.'), pattern.value.labels);
  }

  addServiceAccount(account: ServiceAccount): void {
    this.#identities.add(serviceAccountIdentity(account, this.#options));
  }

  /** Every ServiceAccount of a namespace. */
  addNamespace(namespace: string): void {
    this.addPattern(`*.${namespaceIdentitySuffix(namespace, this.#options)}`);
  }

  /** In a fixed order, so that equal sets are equal values. An empty set is satisfied by nobody. */
  toAuthentication(): Authentication {
    return {
      kind: 'identities',
      identities: [...this.#identities].sort(),
      suffixes: [...this.#suffixes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, labels]) => labels),
    };
  }
}
