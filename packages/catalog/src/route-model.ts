/** Routes as the policy model holds them: hosts, matches and filters of HTTPRoute and GRPCRoute resources. */
import type { GrpcRoute, GrpcRouteMatch, GrpcRouteRule, HttpRoute, RouteFilter } from '@heddle/crds';
import type * as policy from '@heddle/policy';
import { resourceRef } from './refs.ts';

type Grants = readonly policy.Authorization[];

export const httpRouteFrom = (route: HttpRoute, authorizations: Grants): policy.HttpRoute => ({
  ref: resourceRef(route),
  hosts: route.spec.hostnames.map(hostMatchFrom),
  authorizations,
  rules: route.spec.rules.map(({ matches, filters }) => ({ matches, filters: filters.map(filterFrom) })),
});

export const grpcRouteFrom = (route: GrpcRoute, authorizations: Grants): policy.GrpcRoute => ({
  ref: resourceRef(route),
  hosts: route.spec.hostnames.map(hostMatchFrom),
  authorizations,
  rules: route.spec.rules.flatMap((rule) => {
    const matches = sayableMatches(rule);
    return matches === undefined
      ? []
      : [{ matches: matches.map(grpcMatchFrom), filters: rule.filters.map(grpcFilterFrom) }];
  }),
});

/** A GRPCRoute on a port that is not known to speak gRPC only: the same calls, said as HTTP requests. */
export const httpRouteFromGrpc = (route: GrpcRoute, authorizations: Grants): policy.HttpRoute => ({
  ref: resourceRef(route),
  hosts: route.spec.hostnames.map(hostMatchFrom),
  authorizations,
  rules: route.spec.rules.flatMap((rule) => {
    const matches = sayableMatches(rule);
    if (matches === undefined) return [];
    const calls = matches.length === 0 ? [{ headers: [] }] : matches;
    return [{ matches: calls.map(httpMatchFromGrpc), filters: rule.filters.map(filterFrom) }];
  }),
});

/** Whether the proxy's wire can say every match of a GRPCRoute; it has no regular expressions for services and methods. */
export const isSayable = (route: GrpcRoute): boolean =>
  route.spec.rules.every((rule) => rule.matches.every((match) => match.method?.kind !== 'regex'));

/**
 * The matches of a rule without those that cannot be said. Undefined when that leaves none of some: the rule then
 * matches nothing, since an empty list would match everything.
 */
const sayableMatches = (rule: GrpcRouteRule): readonly GrpcRouteMatch[] | undefined => {
  const sayable = rule.matches.filter((match) => match.method?.kind !== 'regex');
  return sayable.length === 0 && rule.matches.length > 0 ? undefined : sayable;
};

const grpcMatchFrom = ({ method, headers }: GrpcRouteMatch): policy.GrpcMatch => ({
  service: method?.service ?? '',
  method: method?.method ?? '',
  headers,
});

const httpMatchFromGrpc = ({ method, headers }: GrpcRouteMatch): policy.HttpMatch => ({
  path: callPath(method?.service ?? '', method?.method ?? ''),
  headers,
  queryParams: [],
  method: 'POST',
});

const callPath = (service: string, method: string): policy.PathMatch => {
  if (service === '') {
    return method === ''
      ? { kind: 'prefix', value: '/' }
      : { kind: 'regex', value: `/[^/]+/${method.replace(/[^A-Za-z0-9_]/g, '\\$&')}` };
  }
  return method === '' ? { kind: 'prefix', value: `/${service}` } : { kind: 'exact', value: `/${service}/${method}` };
};

const hostMatchFrom = (hostname: string): policy.HostMatch =>
  hostname.startsWith('*.')
    ? { kind: 'suffix', reverseLabels: hostname.slice(2).split('.').toReversed() }
    : { kind: 'exact', host: hostname };

/** A filter that an inbound port cannot apply refuses the request: nothing is passed on unfiltered. */
const filterFrom = (filter: RouteFilter): policy.HttpFilter =>
  filter.kind === 'redirect' ? filter : grpcFilterFrom(filter);

const grpcFilterFrom = (filter: RouteFilter): policy.RequestHeaderModifier | { readonly kind: 'unknown' } =>
  filter.kind === 'requestHeaders'
    ? { kind: 'requestHeaders', add: filter.add, set: filter.set, remove: filter.remove }
    : { kind: 'unknown' };
