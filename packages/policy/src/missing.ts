/** What a client or a request lacks for a rule, said with the matchers that decide: nothing missing means it matches. */
import { formatNetwork } from '@heddle/names';
import type { CompiledAuthorization, CompiledMatch, CompiledRoute } from './compile.ts';
import { type HeaderMatcher, matchesHeaders, type ValueTest } from './match-headers.ts';
import { isHost } from './match-host.ts';
import { type AuthenticationMatcher, matchesAuthentication } from './match-identity.ts';
import { matchesNetworks } from './match-network.ts';
import { matchPath, type PathTest } from './match-path.ts';
import { matchesQuery } from './match-query.ts';
import type { ConnectionFacts, RequestFacts, RuleRef } from './model.ts';

export type Missing =
  /** The value differs from what the rule wants; `wanted` is for reading. */
  | { readonly kind: 'host' | 'path' | 'method' | 'network' | 'identity'; readonly wanted: string }
  | { readonly kind: 'header' | 'query'; readonly name: string; readonly wanted: string }
  /** A connection with mesh TLS. */
  | { readonly kind: 'tls' }
  /** This route is not asked, because a more specific one takes the request. */
  | { readonly kind: 'precedence'; readonly takenBy: RuleRef }
  /** A path with one reading; `readings` are the others, none when they cannot be told. */
  | { readonly kind: 'plainPath'; readonly readings: readonly string[] }
  /** A rule that can be evaluated. */
  | { readonly kind: 'validRule'; readonly problems: readonly string[] }
  /** The port expects HTTP. */
  | { readonly kind: 'http' };

export const missingOfClient = (authorization: CompiledAuthorization, client: ConnectionFacts): readonly Missing[] => {
  const missing: Missing[] = [];
  const { networks, authentication } = authorization;
  if (!matchesNetworks(networks, client.clientIp)) {
    const wanted = networks.map(({ net, except }) =>
      [formatNetwork(net), ...except.map(formatNetwork)].join(' except '),
    );
    missing.push({ kind: 'network', wanted: wanted.join(', ') });
  }
  if (!matchesAuthentication(authentication, client.tls)) {
    if (client.tls.kind === 'none') missing.push({ kind: 'tls' });
    if (authentication.kind === 'identities')
      missing.push({ kind: 'identity', wanted: wantedIdentities(authentication) });
  }
  return missing;
};

const wantedIdentities = ({
  names,
  endings,
  isAnyName,
}: AuthenticationMatcher & { readonly kind: 'identities' }): string =>
  [...(isAnyName ? ['*'] : []), ...names, ...endings.map((ending) => `*${ending}`)].join(', ');

/** The request as routing sees it. */
export interface RoutedRequest {
  readonly request: RequestFacts;
  /** Normalised. */
  readonly host: string;
  /** Where the path ends in the target, or `noPath`. */
  readonly end: number;
  /** The match that takes it; absent when there is no route. */
  readonly taken: CompiledMatch | undefined;
}

export const missingOfRequest = (
  route: CompiledRoute,
  match: CompiledMatch,
  { request, host, end }: RoutedRequest,
): readonly Missing[] => {
  const missing: Missing[] = [];
  if (route.hosts.length > 0 && !route.hosts.some((matcher) => isHost(matcher, host))) {
    const wanted = route.hosts.map(({ name, isSuffix }) => (isSuffix ? `*${name}` : name)).join(', ');
    missing.push({ kind: 'host', wanted });
  }
  if (match.method !== undefined && match.method !== request.method) {
    missing.push({ kind: 'method', wanted: match.method });
  }
  if (!matchPath(match.path.asSent, request.target, end)) {
    missing.push({ kind: 'path', wanted: describePath(match.path.asSent) });
  }
  for (const header of match.headers) {
    if (!matchesHeaders([header], request)) missing.push({ kind: 'header', ...describeCondition(header) });
  }
  for (const parameter of match.query) {
    if (!matchesQuery([parameter], request.target)) missing.push({ kind: 'query', ...describeCondition(parameter) });
  }
  return missing;
};

const describePath = (test: PathTest): string => {
  switch (test.kind) {
    case 'any':
      return 'any path';
    case 'exact':
      return test.value;
    case 'prefix':
      return `${test.value}[/…]`;
    case 'regex':
      return `~ ${test.regex.pattern}`;
    case 'rpc':
      return `/${test.service || '*'}/${test.method || '*'}`;
    case 'invalid':
      return 'an expression that cannot be evaluated';
  }
};

const describeCondition = ({ name, value }: HeaderMatcher): { readonly name: string; readonly wanted: string } => ({
  name,
  wanted: describeValue(value),
});

const describeValue = (test: ValueTest): string => {
  switch (test.kind) {
    case 'exact':
      return test.value;
    case 'regex':
      return `~ ${test.regex.pattern}`;
    case 'invalid':
      return 'an expression that cannot be evaluated';
  }
};
