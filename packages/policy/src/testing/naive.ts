/**
 * The reference interpreter: what a policy means, written straight from the prose of the design and of Linkerd's
 * semantics, slowly and without looking at compile or decide. It shares the model's types with them and nothing else
 * (V8's regular expressions stand in for RE2, bit strings for masks). Tests hold the two against each other.
 */
import type { ConnectionFacts, InboundPolicy, RequestFacts, RuleRef } from '../model.ts';
import { grantFor } from './naive-clients.ts';
import { readings } from './naive-paths.ts';
import { hostOf, takeRequest } from './naive-routing.ts';
import { type Way, waysOf } from './naive-ways.ts';

export type NaiveVerdict =
  | {
      readonly kind: 'permit';
      readonly route: RuleRef | undefined;
      readonly authorization: RuleRef;
      readonly filters: readonly object[];
    }
  | { readonly kind: 'deny'; readonly reason: string; readonly route: RuleRef | undefined };

const deny = (reason: string, route?: RuleRef): NaiveVerdict => ({ kind: 'deny', reason, route });

export const decideNaively = (
  policy: InboundPolicy,
  client: ConnectionFacts,
  request: RequestFacts,
  ambiguousPaths: 'reject' | 'raw' = 'reject',
): NaiveVerdict => {
  const ways = waysOf(policy);
  if (ways.length === 0 && ['opaque', 'tls'].includes(policy.protocol.kind)) return deny('noRoute');
  const isWhole =
    request.method === 'CONNECT'
      ? !request.target.startsWith('/')
      : request.method === 'OPTIONS' && request.target === '*';
  if (!isWhole && !request.target.startsWith('/')) return deny('ambiguousPath');
  const host = hostOf(request.authority);
  if (host === undefined && ways.some((way) => way.route.hosts.length > 0)) return deny('ambiguousHost');

  const wayFor = (path: string | undefined, isDecoded: boolean): Way | undefined =>
    takeRequest(policy, request, host ?? '', path, isDecoded);
  const judge = (way: Way | undefined): NaiveVerdict => {
    if (way === undefined) return deny('noRoute');
    const authorization = grantFor([...way.route.authorizations, ...policy.authorizations], client);
    if (authorization === undefined) return deny('unauthorized', way.route.ref);
    return way.isBroken
      ? deny('invalidPolicy', way.route.ref)
      : { kind: 'permit', route: way.route.ref, authorization, filters: way.filters };
  };

  const path = isWhole ? undefined : request.target.split('?')[0];
  const wayAsSent = wayFor(path, false);
  const verdict = judge(wayAsSent);
  if (verdict.kind === 'deny' || ambiguousPaths === 'raw') return verdict;
  if (isOpenToAll(policy, ways, client)) return verdict;
  // What goes through a tunnel may be any request.
  if (path === undefined) return request.method === 'CONNECT' ? deny('ambiguousPath', verdict.route) : verdict;
  const isTheSameEachWay = readings(path)?.every((reading) => {
    const way = wayFor(reading, true);
    return judge(way).kind === 'permit' && effectOf(way) === effectOf(wayAsSent);
  });
  return isTheSameEachWay === true ? verdict : deny('ambiguousPath', verdict.route);
};

/** What becomes of a request on this way, in words: the same for two ways that treat requests alike. */
const effectOf = (way: Way | undefined): string => {
  const filters = way?.filters ?? [];
  const isByPrefix = filters.some((filter) => filter.kind === 'redirect' && filter.path?.kind === 'prefix');
  return JSON.stringify([filters, isByPrefix ? way?.prefix : '']);
};

/** Some way takes every request, every way is granted to this client and does the same: then no path is special. */
const isOpenToAll = (policy: InboundPolicy, ways: readonly Way[], client: ConnectionFacts): boolean => {
  const isGranted = (way: Way): boolean =>
    !way.isBroken && grantFor([...way.route.authorizations, ...policy.authorizations], client) !== undefined;
  const takesAll = (way: Way): boolean =>
    way.route.hosts.length === 0 &&
    way.method === undefined &&
    way.headers.length + way.queryParams.length === 0 &&
    way.path(undefined, false) !== undefined;
  const effects = new Set(ways.map(effectOf));
  return ways.every(isGranted) && ways.some(takesAll) && effects.size <= 1;
};

export const decideTcpNaively = (policy: InboundPolicy, client: ConnectionFacts): NaiveVerdict => {
  const { protocol } = policy;
  const authorization = grantFor(policy.authorizations, client);
  if (authorization === undefined) return deny('unauthorized');
  const isPlainPort =
    protocol.kind === 'opaque' ||
    protocol.kind === 'tls' ||
    (protocol.kind === 'detect' &&
      protocol.rateLimit === undefined &&
      protocol.routes.every((route) => route.ref.kind === 'default'));
  return isPlainPort ? { kind: 'permit', route: undefined, authorization, filters: [] } : deny('notHttp');
};
