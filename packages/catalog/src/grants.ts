/**
 * What authorization resources allow, as authorizations of the policy model. Within one AuthorizationPolicy every
 * required authentication must hold; an authentication that does not exist, or a combination that cannot be said, drops
 * the whole policy: it then grants nothing (features §2.6).
 */
import type { AuthenticationRef, AuthorizationPolicy, ServerAuthorization } from '@heddle/crds';
import { allNetworks } from '@heddle/names';
import type { Authentication, Authorization, ClientNetwork } from '@heddle/policy';
import type { Authorizations } from './authorizations.ts';
import { IdentitySet } from './identities.ts';
import type { CatalogOptions } from './options.ts';
import { resourceRef } from './refs.ts';

const everywhere: readonly ClientNetwork[] = allNetworks.map((net) => ({ net, except: [] }));

/** What an AuthorizationPolicy allows; undefined when it is dropped. */
export const grantOfPolicy = (
  policy: AuthorizationPolicy,
  authorizations: Authorizations,
  options: CatalogOptions,
): Authorization | undefined => {
  let networks: readonly ClientNetwork[] | undefined;
  let authentication: Authentication | undefined;
  for (const ref of policy.spec.requiredAuthentications) {
    if (ref.kind === 'NetworkAuthentication') {
      const found = authorizations.network(ref);
      if (!found || networks) return undefined;
      networks = found.spec.networks;
    } else {
      const found = identitiesOf(ref, authorizations, options);
      if (!found || authentication) return undefined;
      authentication = found;
    }
  }
  if (networks?.length === 0) return undefined;
  return {
    ref: resourceRef(policy),
    networks: networks ?? everywhere,
    authentication: authentication ?? { kind: 'unauthenticated' },
  };
};

const identitiesOf = (
  ref: AuthenticationRef,
  authorizations: Authorizations,
  options: CatalogOptions,
): Authentication | undefined => {
  const identities = new IdentitySet(options);
  if (ref.kind === 'ServiceAccount') {
    identities.addServiceAccount(ref);
    return identities.toAuthentication();
  }
  const authentication = authorizations.meshTls(ref);
  if (!authentication) return undefined;
  for (const pattern of authentication.spec.identities) identities.addPattern(pattern);
  for (const identityRef of authentication.spec.identityRefs) {
    if (identityRef.kind === 'Namespace') identities.addNamespace(identityRef.name);
    else identities.addServiceAccount(identityRef);
  }
  return identities.toAuthentication();
};

/** What a ServerAuthorization allows on the Servers it speaks of. */
export const grantOfServerAuthorization = (
  authorization: ServerAuthorization,
  options: CatalogOptions,
): Authorization | undefined => {
  const { networks, authentication } = authorization.spec.client;
  const from = networks ?? clusterNetworks(options);
  if (from.length === 0) return undefined;
  return {
    ref: resourceRef(authorization),
    networks: from,
    authentication: authentication.kind === 'identities' ? identitiesOfClient(authentication, options) : authentication,
  };
};

const identitiesOfClient = (
  client: Extract<ServerAuthorization['spec']['client']['authentication'], { readonly kind: 'identities' }>,
  options: CatalogOptions,
): Authentication => {
  const identities = new IdentitySet(options);
  for (const pattern of client.identities) identities.addPattern(pattern);
  for (const account of client.serviceAccounts) identities.addServiceAccount(account);
  return identities.toAuthentication();
};

const clusterNetworks = (options: CatalogOptions): readonly ClientNetwork[] =>
  options.clusterNetworks.map((net) => ({ net, except: [] }));
