/** The outbound pipeline, in the order of its effects (wire §7.1, §9.1). Each layer lets the exchange go on or refuses it. */
import type { Exchange } from '../http/exchange.ts';
import type { InFlight } from '../http/in-flight.ts';
import type { Layer } from '../http/layer.ts';
import { isMeshHeader } from '../http/mesh-headers.ts';
import { refusal } from '../http/refusal.ts';
import { applyFilters } from '../http/route-filters.ts';
import type { DestinationLease } from './discovery/destinations.ts';
import { keyOf } from './endpoint/reach.ts';
import { OutboundRecord } from './record.ts';
import { isRefusal } from './route/http-routes.ts';

/** What is remembered of an exchange; made once per slot. */
export const recordOf = (exchange: Exchange): OutboundRecord => (exchange.outbound ??= new OutboundRecord());

export const outboundLayers = (
  destination: DestinationLease,
  inFlight: InFlight,
  random: () => number,
): readonly Layer[] => [
  limitInFlight(inFlight),
  takeMeshHeaders,
  nameHost(keyOf(destination.address)),
  route(destination, random),
];

const limitInFlight =
  (inFlight: InFlight): Layer =>
  (exchange) => {
    if (!inFlight.enter()) return refusal('load-shed');
    recordOf(exchange).isInFlight = true;
    return undefined;
  };

/** The application may say whom it wants to talk to, and nothing else of what proxies tell each other. */
const takeMeshHeaders: Layer = (exchange) => {
  const { headers } = exchange.request;
  recordOf(exchange).requiredId = headers.get('l5d-require-id') ?? '';
  headers.deleteWhere(isMeshHeader);
  return undefined;
};

/** HTTP/1.0 may leave out the host; HTTP/2, in which it may travel, may not. */
const nameHost =
  (address: string): Layer =>
  ({ request }) => {
    if (request.authority === '') request.authority = address;
    return undefined;
  };

const route =
  ({ target }: DestinationLease, random: () => number): Layer =>
  (exchange) => {
    const compiled = target.value;
    if (compiled === undefined) return refusal('unexpected');
    const routes = exchange.request.version === '2' ? compiled.http2 : compiled.http1;
    const choice = routes.match(exchange.request);
    if (isRefusal(choice)) return choice;
    recordOf(exchange).balancer = choice.distribution.choose(random);
    return choice.permit === undefined ? undefined : applyFilters(choice.permit, exchange, random);
  };

/**
 * What the server's proxy meant for us goes no further. It may ask to close the application's connection, which is
 * granted where there is only this one server to talk to.
 */
export const restoreResponse = ({ response, downstream }: Exchange, { endpoint, balancer }: OutboundRecord): void => {
  const { headers } = response;
  headers.delete('l5d-orig-proto');
  headers.delete('l5d-proxy-error');
  const closes = headers.get('l5d-proxy-connection') === 'close';
  headers.delete('l5d-proxy-connection');
  if (closes && endpoint?.reach.mesh !== undefined && balancer?.isSingle === true) downstream.closeConnection();
};
