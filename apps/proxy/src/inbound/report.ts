/** What operators read about single requests: access lines, and a bounded number of lines about refusals. */
import { formatIp } from '@heddle/names';
import { formatRule, type RuleRef, type Verdict } from '@heddle/policy';
import type { AccessEntry } from '@heddle/telemetry';
import type { HeaderList } from '@heddle/wire';
import type { Exchange } from '../http/exchange.ts';
import type { InboundRecord } from '../http/record.ts';
import type { Refusal } from '../http/refusal.ts';
import type { InboundConnection } from './connection.ts';

const text = (ref: RuleRef | undefined): string => (ref === undefined ? '' : formatRule(ref));

/** The rule that decided: the authorization that permitted, or the route or Server on which nobody did. */
const decidedBy = (verdict: Verdict): string =>
  verdict.kind === 'permit' ? text(verdict.authorization) : text(verdict.route ?? verdict.server);

/** What an access line shows of the request's headers: as the client sent them. */
export const keepForAccess = (record: InboundRecord, headers: HeaderList): void => {
  record.requestId = headers.get('x-request-id') ?? '';
  record.referer = headers.get('referer') ?? '';
  record.userAgent = headers.get('user-agent') ?? '';
};

export const writeAccess = (
  { client, deps }: InboundConnection,
  exchange: Exchange,
  { verdict, refusal, requestId, referer, userAgent }: InboundRecord,
  durationMs: number,
): void => {
  const { request, response } = exchange;
  const isUndecided = verdict === undefined;
  const entry: AccessEntry = {
    direction: 'inbound',
    client_ip: formatIp(client.facts.clientIp),
    client_id: client.identity,
    tls: client.tls.tls,
    method: request.method,
    authority: request.authority,
    path: request.target,
    status: response.status,
    verdict: isUndecided ? 'none' : verdict.kind,
    rule: isUndecided ? '' : decidedBy(verdict),
    route: isUndecided ? '' : text(verdict.route),
    reason: verdict?.kind === 'deny' ? verdict.reason : (refusal?.code ?? ''),
    duration_ms: Math.round(durationMs * 1000) / 1000,
    x_request_id: requestId,
  };
  const { responseBytes } = exchange;
  deps.accessLog?.write(deps.clock.wallMs(), entry, { version: request.version, responseBytes, referer, userAgent });
};

export const logRefusal = (
  { client, deps }: InboundConnection,
  { request }: Exchange,
  { verdict }: InboundRecord,
  refused: Refusal,
): void => {
  const suppressed = deps.denialSampler.take(deps.clock.nowMs());
  if (suppressed < 0) return;
  deps.log.info(
    {
      client_ip: formatIp(client.facts.clientIp),
      client_id: client.identity,
      port: client.target.port,
      server: text(verdict?.server),
      route: text(verdict?.route),
      method: request.method,
      reason: verdict?.kind === 'deny' ? verdict.reason : refused.code,
      suppressed,
    },
    'refused',
  );
};

/** A connection that is not HTTP. `reason` is empty when it ended by itself. */
export const writeTcpAccess = (
  { client, deps }: InboundConnection,
  verdict: Verdict,
  reason: string,
  durationMs: number,
): void => {
  const entry: AccessEntry = {
    direction: 'inbound',
    client_ip: formatIp(client.facts.clientIp),
    client_id: client.identity,
    tls: client.tls.tls,
    method: '',
    authority: '',
    path: '',
    status: 0,
    verdict: verdict.kind,
    rule: decidedBy(verdict),
    route: '',
    reason,
    duration_ms: Math.round(durationMs * 1000) / 1000,
    x_request_id: '',
  };
  deps.accessLog?.write(deps.clock.wallMs(), entry, undefined);
};
