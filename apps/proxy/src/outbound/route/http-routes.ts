/**
 * The HTTP routes of an outbound policy, compiled. Matching and filters are the policy package's, asked as for a policy
 * that permits everybody; what is added here is where a matched request goes.
 */
import type { OutboundHttpRoute, OutboundHttpRule } from '@heddle/catalog';
import { allNetworks, ipv4 } from '@heddle/names';
import {
  type ConnectionPolicy,
  compilePolicy,
  decideHttp,
  forConnection,
  type InboundPolicy,
  type Permit,
  type RequestFacts,
  type RuleRef,
} from '@heddle/policy';
import { type Refusal, refusal, refusalWith } from '../../http/refusal.ts';
import type { BackendLease, Backends } from '../balance/backends.ts';
import { type CompiledDistribution, compileDistribution } from './distribution.ts';

export interface RouteChoice {
  readonly distribution: CompiledDistribution;
  /** Of the match, when the rule has filters to run. */
  readonly permit: Permit | undefined;
}

export interface HttpRoutes {
  /** Where a request goes; a refusal when no route takes it, or the one that does cannot be used. */
  match(request: RequestFacts): RouteChoice | Refusal;
}

export const isRefusal = (choice: RouteChoice | Refusal): choice is Refusal => 'code' in choice;

/** @param leases receives what must be released when the routes are no longer used */
export const compileHttpRoutes = (
  routes: readonly OutboundHttpRoute[],
  backends: Backends,
  leases: BackendLease[],
): HttpRoutes => {
  const [route] = routes;
  const [rule] = route?.rules ?? [];
  if (routes.length === 1 && route?.rules.length === 1 && rule !== undefined && takesEverything(route, rule)) {
    const choice = { distribution: compileDistribution(rule.distribution, backends, leases), permit: undefined };
    return { match: () => choice };
  }
  // One route per rule, so that a verdict's route names the rule.
  const choices = new Map<RuleRef, CompiledDistribution>();
  const policyRoutes = routes.flatMap(({ hosts, rules }) =>
    rules.map(({ matches, filters, distribution }) => {
      const ref: RuleRef = { kind: 'default', name: String(choices.size) };
      choices.set(ref, compileDistribution(distribution, backends, leases));
      return { ref, hosts, authorizations: [], rules: [{ matches, filters }] };
    }),
  );
  if (policyRoutes.length === 0) return { match: () => refusal('route-not-found') };
  const compiled = openPolicy({ kind: 'http1', routes: policyRoutes });
  return { match: (request) => decide(compiled, choices, request) };
};

const decide = (
  compiled: ConnectionPolicy,
  choices: ReadonlyMap<RuleRef, CompiledDistribution>,
  request: RequestFacts,
): RouteChoice | Refusal => {
  const verdict = decideHttp(compiled, request);
  const distribution = verdict.route === undefined ? undefined : choices.get(verdict.route);
  if (verdict.kind === 'permit' && distribution !== undefined) {
    return { distribution, permit: verdict.filters.length === 0 ? undefined : verdict };
  }
  if (verdict.kind === 'deny' && verdict.reason === 'noRoute') return refusal('route-not-found');
  if (verdict.kind === 'deny' && verdict.reason !== 'invalidPolicy') return refusal('bad-request');
  return refusalWith('invalid-policy', { text: 'the route has a match or a filter that cannot be applied' });
};

/** A policy that permits every client, to be asked for its routes. */
const openPolicy = (protocol: InboundPolicy['protocol']): ConnectionPolicy => {
  const ref: RuleRef = { kind: 'default', name: 'outbound' };
  const networks = allNetworks.map((net) => ({ net, except: [] }));
  const authorizations = [{ ref, networks, authentication: { kind: 'unauthenticated' } as const }];
  const policy = compilePolicy({ server: ref, protocol, authorizations, serverIps: [] }, { ambiguousPaths: 'raw' });
  return forConnection(policy, { clientIp: ipv4(0), tls: { kind: 'none' }, isLocal: true });
};

const takesEverything = ({ hosts }: OutboundHttpRoute, { matches, filters }: OutboundHttpRule): boolean => {
  const [match] = matches;
  const isAny =
    match === undefined ||
    (matches.length === 1 &&
      match.path?.kind === 'prefix' &&
      match.path.value === '/' &&
      match.method === undefined &&
      match.headers.length === 0 &&
      match.queryParams.length === 0);
  return hosts.length === 0 && filters.length === 0 && isAny;
};
