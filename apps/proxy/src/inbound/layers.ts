/** The inbound pipeline, in the order of its effects (wire §8.1). Each layer lets the exchange go on or refuses it. */
import type { DenyReason } from '@heddle/policy';
import type { Exchange } from '../http/exchange.ts';
import type { Layer } from '../http/layer.ts';
import { isMeshHeader } from '../http/mesh-headers.ts';
import { restoreOriginalProtocol } from '../http/orig-proto.ts';
import { type Refusal, type RefusalCode, refusal } from '../http/refusal.ts';
import { applyFilters } from '../http/route-filters.ts';
import type { InboundConnection } from './connection.ts';
import { keptBeforeFilters } from './decided-request.ts';

export const inboundLayers = (connection: InboundConnection): readonly Layer[] => [
  restoreHttp1(connection),
  stripMeshHeaders,
  decide(connection),
  filter(connection),
  limitRate(connection),
  shedLoad(connection),
  setClientId(connection),
];

/** Only a peer with a mesh identity is a proxy that carries HTTP/1 in HTTP/2. */
const restoreHttp1 =
  ({ client, record }: InboundConnection): Layer =>
  (exchange) => {
    record(exchange).origProto = client.identity === '' ? '' : restoreOriginalProtocol(exchange.request);
    return undefined;
  };

/** Nobody but the mesh says who a client is. */
const stripMeshHeaders: Layer = ({ request }) => {
  request.headers.deleteWhere(isMeshHeader);
  return undefined;
};

const codeOfDenial: Readonly<Record<DenyReason, RefusalCode>> = {
  noRoute: 'route-not-found',
  unauthorized: 'unauthorized',
  invalidPolicy: 'invalid-policy',
  ambiguousPath: 'ambiguous-path',
  ambiguousHost: 'bad-request',
  notHttp: 'unauthorized',
};

const decide =
  (connection: InboundConnection): Layer =>
  (exchange) => {
    const verdict = connection.rules.http(exchange.request);
    const cells = connection.cells.of(verdict);
    connection.record(exchange).verdict = verdict;
    cells.requests.add();
    cells.verdict.add();
    return verdict.kind === 'permit' ? undefined : refusal(codeOfDenial[verdict.reason]);
  };

const filter =
  (connection: InboundConnection): Layer =>
  (exchange) => {
    const record = connection.record(exchange);
    const { verdict } = record;
    if (verdict?.kind !== 'permit' || verdict.filters.length === 0) return undefined;
    record.decidedOn = keptBeforeFilters(verdict, exchange.request);
    return applyFilters(verdict, exchange, connection.random);
  };

const limitRate =
  ({ rules, client, cells }: InboundConnection): Layer =>
  ({ startedMs }): Refusal | undefined => {
    const verdict = rules.rate(client.identity, startedMs);
    if (verdict.kind === 'pass') return undefined;
    cells.rateLimited(rules.server, verdict.limit).add();
    return refusal('rate-limited');
  };

/** Only what is allowed takes a place, so that refusals cannot crowd out those who may. */
const shedLoad =
  ({ deps, record }: InboundConnection): Layer =>
  (exchange) => {
    if (!deps.inFlight.enter()) return refusal('load-shed');
    record(exchange).isInFlight = true;
    return undefined;
  };

const setClientId =
  ({ client }: InboundConnection): Layer =>
  ({ request }: Exchange) => {
    if (client.identity !== '') request.headers.append('l5d-client-id', client.identity);
    return undefined;
  };
