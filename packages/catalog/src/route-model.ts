/** Routes as the policy model holds them: hosts, matches and filters of HTTPRoute and GRPCRoute resources. */
import type { GrpcRoute, GrpcRouteMatch, HttpRoute, RouteFilter } from '@heddle/crds';
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
  rules: route.spec.rules.map(({ matches, filters }) => ({
    matches: matches.map(grpcMatchFrom),
    filters: filters.map(grpcFilterFrom),
  })),
});

/** A GRPCRoute said as HTTP requests, which have regular expressions and rate limits: it takes the same calls. */
export const httpRouteFromGrpc = (route: GrpcRoute, authorizations: Grants): policy.HttpRoute => ({
  ref: resourceRef(route),
  hosts: route.spec.hostnames.map(hostMatchFrom),
  authorizations,
  rules: route.spec.rules.map(({ matches, filters }) => ({
    matches: (matches.length === 0 ? [{ headers: [] }] : matches).map(httpMatchFromGrpc),
    filters: filters.map(filterFrom),
  })),
});

/** Every gRPC call, said as HTTP. */
export const anyCall: policy.HttpMatch = {
  path: { kind: 'regex', value: '/[^/]+/[^/]+' },
  headers: [],
  queryParams: [],
  method: 'POST',
};

/** Whether a proxy's gRPC messages can say every match: they have no regular expressions for services and methods. */
export const isGrpcSayable = (route: GrpcRoute): boolean =>
  route.spec.rules.every((rule) => rule.matches.every((match) => match.method?.kind !== 'regex'));

const grpcMatchFrom = ({ method, headers }: GrpcRouteMatch): policy.GrpcMatch => ({
  service: method?.service ?? '',
  method: method?.method ?? '',
  headers,
});

const httpMatchFromGrpc = ({ method, headers }: GrpcRouteMatch): policy.HttpMatch => ({
  path: method?.kind === 'regex' ? callPattern(method) : callPath(method?.service ?? '', method?.method ?? ''),
  headers,
  queryParams: [],
  method: 'POST',
});

/** Each part is matched as a whole; an absent one is any. */
const callPattern = ({ service, method }: NonNullable<GrpcRouteMatch['method']>): policy.PathMatch => {
  const whole = (pattern: string | undefined): string => (pattern === undefined ? '[^/]+' : `(?:${pattern})`);
  return { kind: 'regex', value: `/${whole(service)}/${whole(method)}` };
};

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
