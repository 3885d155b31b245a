/** Whether authorizations have a target, and whether what they refer to exists. */
import type {
  AuthenticationRef,
  AuthorizationPolicy,
  IdentityRef,
  MeshTlsAuthentication,
  ServerAuthorization,
} from '@heddle/crds';
import { authorizes } from './authorizations.ts';
import { type Condition, fails, holds } from './condition.ts';
import type { Indexes } from './indexes.ts';

export const authorizationStatus = (indexes: Indexes, policy: AuthorizationPolicy): readonly Condition[] => [
  targetCondition(indexes, policy),
  refsCondition(indexes, policy.spec.requiredAuthentications),
];

const targetCondition = (indexes: Indexes, { metadata, spec }: AuthorizationPolicy): Condition => {
  const { namespace } = metadata;
  const { target } = spec;
  const identityRefs = spec.requiredAuthentications.filter((ref) => ref.kind !== 'NetworkAuthentication').length;
  if (identityRefs > 1 || spec.requiredAuthentications.length - identityRefs > 1) {
    return fails(
      'Accepted',
      'Invalid',
      'at most one authentication of identities and one of networks can be required; the policy grants nothing',
    );
  }
  const exists =
    target.kind === 'Namespace' ||
    (target.kind === 'Server'
      ? indexes.servers.get(namespace, target.name) !== undefined
      : indexes.routes.get(target.kind, groupOf(target), namespace, target.name) !== undefined);
  if (exists) return holds('Accepted');
  return fails('Accepted', 'NoMatchingTarget', `there is no ${target.kind} ${target.name} in namespace ${namespace}`);
};

const groupOf = (
  target: Extract<AuthorizationPolicy['spec']['target'], { kind: 'HTTPRoute' | 'GRPCRoute' }>,
): string => (target.kind === 'HTTPRoute' ? target.group : 'gateway.networking.k8s.io');

const refsCondition = (indexes: Indexes, refs: readonly AuthenticationRef[]): Condition => {
  const missing = refs.find((ref) => !authenticationExists(indexes, ref));
  if (!missing) return holds('ResolvedRefs');
  const what = `there is no ${missing.kind} ${missing.name} in namespace ${missing.namespace}`;
  return missing.kind === 'ServiceAccount'
    ? fails('ResolvedRefs', 'ServiceAccountNotFound', what)
    : fails('ResolvedRefs', 'AuthenticationNotFound', `${what}; the policy grants nothing until it exists`);
};

const authenticationExists = ({ authorizations, serviceAccounts }: Indexes, ref: AuthenticationRef): boolean => {
  switch (ref.kind) {
    case 'MeshTLSAuthentication':
      return authorizations.meshTls(ref) !== undefined;
    case 'NetworkAuthentication':
      return authorizations.network(ref) !== undefined;
    case 'ServiceAccount':
      return serviceAccounts.has(`${ref.namespace}/${ref.name}`);
  }
};

export const meshTlsStatus = (indexes: Indexes, { spec }: MeshTlsAuthentication): readonly Condition[] => {
  const missing = spec.identityRefs.find((ref) => !principalExists(indexes, ref));
  if (!missing) return [holds('ResolvedRefs')];
  return [
    missing.kind === 'Namespace'
      ? fails('ResolvedRefs', 'NamespaceNotFound', `there is no namespace ${missing.name}`)
      : fails(
          'ResolvedRefs',
          'ServiceAccountNotFound',
          `there is no ServiceAccount ${missing.name} in namespace ${missing.namespace}`,
        ),
  ];
};

const principalExists = ({ namespaces, serviceAccounts }: Indexes, ref: IdentityRef): boolean =>
  ref.kind === 'Namespace' ? namespaces.has(ref.name) : serviceAccounts.has(`${ref.namespace}/${ref.name}`);

export const serverAuthorizationStatus = (
  indexes: Indexes,
  authorization: ServerAuthorization,
): readonly Condition[] => {
  const { namespace } = authorization.metadata;
  const { server } = authorization.spec;
  const exists =
    server.kind === 'name'
      ? indexes.servers.get(namespace, server.name) !== undefined
      : [...indexes.servers.inNamespace(namespace)].some((candidate) => authorizes(authorization, candidate));
  if (exists) return [holds('Accepted')];
  const which = server.kind === 'name' ? `Server ${server.name}` : 'Server with the selected labels';
  return [fails('Accepted', 'NoMatchingTarget', `there is no ${which} in namespace ${namespace}`)];
};
