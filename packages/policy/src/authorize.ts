/** Authorization: does any grant cover this client? There is nothing but grants, so no grant is a denial. */
import type { CompiledAuthorization } from './compile.ts';
import { matchesAuthentication } from './match-identity.ts';
import { matchesNetworks } from './match-network.ts';
import type { ConnectionFacts } from './model.ts';

/** Linkerd's implicit authorization for the workload itself (wire section 8.2). */
export const localhostAuthorization: CompiledAuthorization = {
  ref: { kind: 'default', name: 'localhost' },
  networks: [],
  authentication: { kind: 'unauthenticated' },
  isAudit: false,
};

/** The first authorization that applies: whoever is inside the workload is the workload; else the list in its order. */
export const firstGrant = (
  authorizations: readonly CompiledAuthorization[],
  client: ConnectionFacts,
): CompiledAuthorization | undefined =>
  client.isLocal
    ? localhostAuthorization
    : authorizations.find(
        ({ networks, authentication }) =>
          matchesNetworks(networks, client.clientIp) && matchesAuthentication(authentication, client.tls),
      );
