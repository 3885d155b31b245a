/** AuthorizationPolicy: a target and what a client must prove to reach it (features §3.2). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { fields } from '../schema.ts';
import { kindOf, localRef, namesKind, namespacedRef } from './references.ts';
import { conditionsStatus } from './status.ts';

export interface AuthorizationPolicy {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'AuthorizationPolicy';
  readonly metadata: ObjectMeta;
  readonly spec: AuthorizationPolicySpec;
}

export interface AuthorizationPolicySpec {
  /** Always in the policy's own namespace. */
  readonly target: PolicyTarget;
  /** All must hold. Empty: everybody, plaintext included. At most one names identities and one names networks. */
  readonly requiredAuthentications: readonly AuthenticationRef[];
}

export type PolicyTarget =
  | { readonly kind: 'Server'; readonly name: string }
  | { readonly kind: 'HTTPRoute'; readonly group: HttpRouteGroup; readonly name: string }
  | { readonly kind: 'GRPCRoute'; readonly name: string }
  /** Every Server of the policy's own namespace. */
  | { readonly kind: 'Namespace' };

export type HttpRouteGroup = 'policy.linkerd.io' | 'gateway.networking.k8s.io';

/** `namespace` is resolved: the policy's own where the reference names none. */
export interface AuthenticationRef {
  readonly kind: 'MeshTLSAuthentication' | 'NetworkAuthentication' | 'ServiceAccount';
  readonly namespace: string;
  readonly name: string;
}

const schema = fields({
  spec: fields({
    targetRef: localRef().describe('the Server, HTTPRoute, GRPCRoute or Namespace that the policy opens'),
    requiredAuthenticationRefs: z
      .array(namespacedRef())
      .describe('what a client must prove, all of it; write [] to let everybody in'),
  }),
  status: conditionsStatus().optional(),
});

type Spec = z.output<typeof schema>['spec'];

const policyGroup = 'policy.linkerd.io';
const gatewayGroup = 'gateway.networking.k8s.io';

const targetFrom = (ref: Spec['targetRef'], context: ReadContext): PolicyTarget | undefined => {
  if (namesKind(ref, policyGroup, 'Server')) return { kind: 'Server', name: ref.name };
  if (namesKind(ref, policyGroup, 'HTTPRoute')) return { kind: 'HTTPRoute', group: policyGroup, name: ref.name };
  if (namesKind(ref, gatewayGroup, 'HTTPRoute')) return { kind: 'HTTPRoute', group: gatewayGroup, name: ref.name };
  if (namesKind(ref, gatewayGroup, 'GRPCRoute')) return { kind: 'GRPCRoute', name: ref.name };
  if (namesKind(ref, '', 'Namespace')) {
    const own = context.metadata.namespace;
    if (ref.name === own) return { kind: 'Namespace' };
    context.fail(
      ['spec', 'targetRef', 'name'],
      `a policy can only target its own namespace, "${own}"; to open "${ref.name}", create the policy there`,
    );
    return undefined;
  }
  context.fail(
    ['spec', 'targetRef', 'kind'],
    `${kindOf(ref)} cannot be a target; use kind Server or HTTPRoute with group ${policyGroup}, ` +
      `HTTPRoute or GRPCRoute with group ${gatewayGroup}, or Namespace without a group`,
  );
  return undefined;
};

const authenticationKinds = [
  [policyGroup, 'MeshTLSAuthentication'],
  [policyGroup, 'NetworkAuthentication'],
  ['', 'ServiceAccount'],
] as const;

const authenticationFrom = (
  ref: Spec['requiredAuthenticationRefs'][number],
  index: number,
  context: ReadContext,
): AuthenticationRef | undefined => {
  const known = authenticationKinds.find(([group, kind]) => namesKind(ref, group, kind));
  if (known !== undefined) {
    return { kind: known[1], namespace: ref.namespace ?? context.metadata.namespace, name: ref.name };
  }
  context.fail(
    ['spec', 'requiredAuthenticationRefs', index, 'kind'],
    `${kindOf(ref)} is not an authentication; use kind MeshTLSAuthentication or NetworkAuthentication ` +
      `with group ${policyGroup}, or ServiceAccount without a group`,
  );
  return undefined;
};

/** More than one of a sort could never all hold, so Linkerd's webhook refuses them too. */
const requireOneOfEachSort = (refs: readonly AuthenticationRef[], context: ReadContext): void => {
  const path = ['spec', 'requiredAuthenticationRefs'];
  const networks = refs.filter((ref) => ref.kind === 'NetworkAuthentication');
  if (refs.length - networks.length > 1) {
    context.fail(
      path,
      'at most one MeshTLSAuthentication or ServiceAccount may be required; ' +
        'list several identities in one MeshTLSAuthentication to allow any of them',
    );
  }
  if (networks.length > 1) {
    context.fail(
      path,
      'at most one NetworkAuthentication may be required; list several networks in one to allow any of them',
    );
  }
};

export const authorizationPolicyDefinition: ResourceDefinition<AuthorizationPolicy> = {
  group: policyGroup,
  kind: 'AuthorizationPolicy',
  versions: [
    version('v1alpha1', schema, ({ spec }, context) => {
      const target = targetFrom(spec.targetRef, context);
      const requiredAuthentications = spec.requiredAuthenticationRefs
        .map((ref, index) => authenticationFrom(ref, index, context))
        .filter((ref) => ref !== undefined);
      requireOneOfEachSort(requiredAuthentications, context);
      return target && { spec: { target, requiredAuthentications } };
    }),
  ],
};
