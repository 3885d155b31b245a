/**
 * A ready answer to a denial: the resources that would allow just this client just this, as YAML to apply. Grants go to
 * identities only; a client without one is to be meshed first, since no grant to an address is as good.
 */
import { parseServiceAccountIdentity } from '@heddle/names';
import { formatRule } from './format-rule.ts';
import type { ConnectionFacts, RequestFacts, RuleRef } from './model.ts';
import type { Deny } from './verdict.ts';

export interface Suggestion {
  /** What to do, in a sentence. */
  readonly text: string;
  /** Resources to apply; absent where none can help. */
  readonly yaml?: string | undefined;
}

type ResourceRef = RuleRef & { readonly kind: 'resource' };

export const suggestionFor = (
  { reason, server, route }: Deny,
  client: ConnectionFacts,
  request: RequestFacts | undefined,
): Suggestion | undefined => {
  if (reason !== 'unauthorized' && reason !== 'noRoute') return undefined;
  if (client.tls.kind !== 'mutual') {
    return {
      text: 'the client proves no identity: mesh it (annotation linkerd.io/inject: enabled), then grant its identity',
    };
  }
  const { identity } = client.tls;
  if (reason === 'unauthorized') {
    const target = route?.kind === 'resource' ? route : server;
    if (target.kind === 'default') return withoutServer(server);
    return { text: `grant ${identity} on ${formatRule(target)}`, yaml: documents(grantYaml(target, identity)) };
  }
  if (server.kind === 'default' || request === undefined) return withoutServer(server);
  const newRoute: ResourceRef = {
    ...server,
    resource: 'httproute',
    name: `${server.name}-${nameFrom(request.target)}`,
  };
  return {
    text: `add a route for ${request.method} ${pathOf(request)} to ${formatRule(server)} and grant ${identity} on it`,
    yaml: documents([routeYaml(newRoute, server, request), ...grantYaml(newRoute, identity)]),
  };
};

const withoutServer = (server: RuleRef): Suggestion => ({
  text: `${formatRule(server)} decides here: write a Server for the port, and an AuthorizationPolicy for it`,
});

const pathOf = ({ target }: RequestFacts): string => target.split('?', 1)[0] ?? target;

/** Part of a resource's name, made from a path or an identity. */
const nameFrom = (text: string): string =>
  text
    .toLowerCase()
    .split('?', 1)[0]
    ?.replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
    .replace(/-$/, '') || 'root';

const kindNames: Readonly<Record<string, string>> = {
  server: 'Server',
  httproute: 'HTTPRoute',
  grpcroute: 'GRPCRoute',
};

const grantYaml = (target: ResourceRef, identity: string): readonly string[] => {
  const account = parseServiceAccountIdentity(identity);
  const who = account.kind === 'ok' ? account.value.name : identity;
  const name = `${target.name.slice(0, 100)}-from-${nameFrom(who)}`;
  return [
    `apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata:
  name: ${name}
  namespace: ${target.namespace}
spec:
  targetRef:
    group: ${target.group}
    kind: ${kindNames[target.resource] ?? target.resource}
    name: ${target.name}
  requiredAuthenticationRefs:
    - group: policy.linkerd.io
      kind: MeshTLSAuthentication
      name: ${name}
`,
    `apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata:
  name: ${name}
  namespace: ${target.namespace}
spec:
  identities:
    - ${JSON.stringify(identity)}
`,
  ];
};

const routeMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

const routeYaml = (
  route: ResourceRef,
  server: ResourceRef,
  request: RequestFacts,
): string => `apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata:
  name: ${route.name}
  namespace: ${route.namespace}
spec:
  parentRefs:
    - group: ${server.group}
      kind: Server
      name: ${server.name}
  rules:
    - matches:
        - path:
            type: Exact
            value: ${JSON.stringify(pathOf(request))}
${routeMethods.has(request.method) ? `          method: ${request.method}\n` : ''}`;

const documents = (parts: readonly string[]): string => parts.join('---\n');
