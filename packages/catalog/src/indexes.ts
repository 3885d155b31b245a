/** Everything the catalog knows, by concept. Questions read it; only `catalog.ts` changes it. */
import type { ServiceProfile } from '@heddle/crds';
import type { Namespace, ServiceAccount } from '@heddle/crds/core';
import { Authorizations } from './authorizations.ts';
import { Closures } from './closures.ts';
import { EgressNetworks } from './egress-networks.ts';
import { Nodes } from './nodes.ts';
import type { CatalogOptions } from './options.ts';
import { RateLimits } from './rate-limits.ts';
import { Routes } from './routes.ts';
import type { ServerPolicy } from './server-policy.ts';
import { Servers } from './servers.ts';
import { Services } from './services.ts';
import { Workloads } from './workloads.ts';

export interface Indexes {
  readonly options: CatalogOptions;
  readonly workloads: Workloads;
  readonly servers: Servers;
  readonly closures: Closures;
  readonly authorizations: Authorizations;
  readonly routes: Routes;
  readonly rateLimits: RateLimits;
  readonly services: Services;
  readonly namespaces: Map<string, Namespace>;
  readonly nodes: Nodes;
  /** By `namespace/name`. */
  readonly serviceAccounts: Map<string, ServiceAccount>;
  readonly egressNetworks: EgressNetworks;
  /** By `namespace/name`, the name being the authority of a Service. */
  readonly serviceProfiles: Map<string, ServiceProfile>;
  /** What was derived for a Server (`namespace/name`), until something it depends on changes. */
  readonly serverPolicies: Map<string, ServerPolicy>;
}

export const createIndexes = (options: CatalogOptions): Indexes => ({
  options,
  workloads: new Workloads(options),
  servers: new Servers(),
  closures: new Closures(),
  authorizations: new Authorizations(),
  routes: new Routes(),
  rateLimits: new RateLimits(),
  services: new Services(),
  namespaces: new Map(),
  nodes: new Nodes(),
  serviceAccounts: new Map(),
  egressNetworks: new EgressNetworks(),
  serviceProfiles: new Map(),
  serverPolicies: new Map(),
});
