/** Parts of inbound policies, as tests expect them of the objects that `objects.ts` builds. */
import type { KubernetesObject } from '@heddle/crds/core';
import { allNetworks, orThrow, parseNetwork } from '@heddle/names';
import type { Authorization, HttpRoute, InboundPolicy, RuleRef } from '@heddle/policy';
import { createCatalog } from '../catalog.ts';
import { testOptions } from './options.ts';

/** The inbound policy of the pod `web` in `shop`. */
export const policyOf = (objects: readonly KubernetesObject[], port = 8080): InboundPolicy | undefined => {
  const catalog = createCatalog(testOptions);
  catalog.reset(objects);
  return catalog.inboundPolicy('shop', 'web', port);
};

export const everywhere = allNetworks.map((net) => ({ net, except: [] }));
export const cluster = [{ net: orThrow(parseNetwork('10.0.0.0/8')), except: [] }];
export const builtIn = (name: string): RuleRef => ({ kind: 'default', name });
export const resource = (kind: string, name: string, group = 'policy.linkerd.io'): RuleRef => ({
  kind: 'resource',
  group,
  resource: kind,
  namespace: 'shop',
  name,
});
export const anybody: Authorization['authentication'] = { kind: 'unauthenticated' };
export const anyIdentity: Authorization['authentication'] = { kind: 'identities', identities: [], suffixes: [[]] };
export const only = (...identities: string[]): Authorization['authentication'] => ({
  kind: 'identities',
  identities,
  suffixes: [],
});
export const grant = (
  ref: RuleRef,
  authentication: Authorization['authentication'],
  networks: Authorization['networks'] = everywhere,
): Authorization => ({ ref, networks, authentication });

export const defaultRoute: HttpRoute = {
  ref: builtIn('default'),
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }], filters: [] }],
};
export const probeRoute = (...paths: string[]): HttpRoute => ({
  ref: builtIn('probe'),
  hosts: [],
  authorizations: [grant(builtIn('probe'), anybody)],
  rules: [
    {
      matches: paths.map((value) => ({
        path: { kind: 'exact', value },
        headers: [],
        queryParams: [],
        method: 'GET',
      })),
      filters: [],
    },
  ],
});
export const getRoute = (authorizations: readonly Authorization[] = [], name = 'get'): HttpRoute => ({
  ref: resource('httproute', name),
  hosts: [],
  authorizations,
  rules: [
    { matches: [{ method: 'GET', path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }], filters: [] },
  ],
});
export const routesOf = (policy: InboundPolicy | undefined): readonly unknown[] =>
  policy && 'routes' in policy.protocol ? policy.protocol.routes : [];
export const namesOf = (policy: InboundPolicy | undefined): readonly string[] =>
  (policy?.authorizations ?? []).map(({ ref }) => ref.name);
