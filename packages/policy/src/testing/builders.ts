/** Builders of policies and clients for tests: each takes what matters to the test and fills in the rest. */
import { allNetworks, orThrow, parseIp, parseNetwork } from '@heddle/names';
import type {
  Authentication,
  Authorization,
  ClientNetwork,
  ConnectionFacts,
  GrpcRoute,
  HttpMatch,
  HttpRoute,
  InboundPolicy,
  RuleRef,
} from '../model.ts';

/** A resource of the namespace `shop`. */
export const resourceRef = (resource: string, name: string): RuleRef => ({
  kind: 'resource',
  group: 'policy.linkerd.io',
  resource,
  namespace: 'shop',
  name,
});

/** The identity of a ServiceAccount `<name>` in the namespace `shop`. */
export const identityOf = (name: string): string => `${name}.shop.serviceaccount.identity.linkerd.cluster.local`;

/** `10.0.0.0/8`, or `10.0.0.0/8 except 10.1.0.0/16 10.2.0.0/16`. */
export const network = (text: string): ClientNetwork => {
  const [net = '', holes = ''] = text.split(' except ');
  const except = holes.split(' ').filter((hole) => hole !== '');
  return { net: orThrow(parseNetwork(net)), except: except.map((hole) => orThrow(parseNetwork(hole))) };
};

/** Anybody, plaintext included. */
export const anybody: Authentication = { kind: 'unauthenticated' };

/** Mesh TLS, with a certificate or without. */
export const anyTls: Authentication = { kind: 'tls' };

/** `*`, `*.ending` or exact names. */
export const identities = (...patterns: readonly string[]): Authentication => ({
  kind: 'identities',
  identities: patterns.filter((pattern) => !pattern.startsWith('*')),
  suffixes: patterns
    .filter((pattern) => pattern.startsWith('*'))
    .map((pattern) => pattern.split('.').filter((label) => label !== '*')),
});

/** An AuthorizationPolicy; from anywhere unless networks are given. */
export const grant = (name: string, authentication: Authentication, ...networks: readonly string[]): Authorization => ({
  ref: resourceRef('authorizationpolicy', name),
  networks: networks.length === 0 ? allNetworks.map((net) => ({ net, except: [] })) : networks.map(network),
  authentication,
});

/** `GET /path` exact, `/path/*` prefix, `~ /regex`, `GET` alone, `*` for all: one line for the usual match. */
export const match = (text: string, more: Partial<HttpMatch> = {}): HttpMatch => {
  const [, method, rest = ''] = /^([A-Z]+\b)? ?(.*)$/s.exec(text) ?? [];
  const path = pathMatch(rest);
  return { headers: [], queryParams: [], ...(method && { method }), ...(path && { path }), ...more };
};

const pathMatch = (text: string): HttpMatch['path'] => {
  if (text === '' || text === '*') return undefined;
  if (text.startsWith('~ ')) return { kind: 'regex', value: text.slice(2) };
  return text.endsWith('/*') ? { kind: 'prefix', value: text.slice(0, -1) } : { kind: 'exact', value: text };
};

export const httpRoute = (
  name: string,
  matches: readonly (string | HttpMatch)[],
  authorizations: readonly Authorization[] = [],
  more: Partial<HttpRoute> = {},
): HttpRoute => ({
  ref: resourceRef('httproute', name),
  hosts: [],
  authorizations,
  rules: [{ matches: matches.map((each) => (typeof each === 'string' ? match(each) : each)), filters: [] }],
  ...more,
});

/** Matches `/service/method`, `/service/*` or `*`. */
export const grpcRoute = (
  name: string,
  calls: readonly string[],
  authorizations: readonly Authorization[] = [],
): GrpcRoute => ({
  ref: { ...resourceRef('grpcroute', name), group: 'gateway.networking.k8s.io' } as RuleRef,
  hosts: [],
  authorizations,
  rules: [
    {
      matches: calls.map((call) => {
        const [, service = '', method = ''] = call.replaceAll('*', '').split('/');
        return { service, method, headers: [] };
      }),
      filters: [],
    },
  ],
});

/** The policy of a Server `web`: detecting, with these routes and server-wide grants. */
export const httpPolicy = (
  routes: readonly HttpRoute[],
  authorizations: readonly Authorization[] = [],
): InboundPolicy => ({
  server: resourceRef('server', 'web'),
  protocol: { kind: 'detect', timeoutMs: 10_000, routes },
  authorizations,
  serverIps: [],
});

/** A client by ServiceAccount name, full identity, `anonymous` (TLS without certificate) or `plaintext`. */
export const client = (who: string, ip = '10.1.0.5'): ConnectionFacts => {
  const clientIp = orThrow(parseIp(ip));
  if (who === 'plaintext') return { clientIp, tls: { kind: 'none' }, isLocal: false };
  if (who === 'anonymous') return { clientIp, tls: { kind: 'anonymous' }, isLocal: false };
  const identity = /[.:]/.test(who) ? who : identityOf(who);
  return { clientIp, tls: { kind: 'mutual', identity }, isLocal: false };
};
