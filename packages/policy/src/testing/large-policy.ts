/** A policy of a size that few ports have: 20 routes and 50 authorizations, none of which grants the usual client. */
import type { InboundPolicy } from '../model.ts';
import { grant, httpPolicy, httpRoute, identities, identityOf, match } from './builders.ts';

/** The only identity that the last of the authorizations grants. */
export const largePolicyClient = identityOf('client-49');

/**
 * Twenty routes of two matches with a prefix and a method each, some with a header; fifty authorizations on the server,
 * of two identities and three networks each.
 */
export const largePolicy = (): InboundPolicy => {
  const header = { headers: [{ kind: 'exact', name: 'x-tenant', value: 'gold' } as const] };
  const routes = Array.from({ length: 20 }, (_, at) =>
    httpRoute(`route-${at}`, [
      `GET /api/v1/resource-${at}/*`,
      match(`POST /api/v1/resource-${at}/items/*`, at % 5 === 0 ? header : {}),
    ]),
  );
  const authorizations = Array.from({ length: 50 }, (_, at) =>
    grant(
      `grant-${at}`,
      identities(identityOf(`client-${at}`), identityOf(`other-${at}`)),
      `10.${at}.0.0/16`,
      '192.168.0.0/16',
      '10.0.0.0/8',
    ),
  );
  return httpPolicy(routes, authorizations);
};
