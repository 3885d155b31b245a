/** MeshTLSAuthentication: a set of workload identities (features §3.3). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { quote } from '../problem.ts';
import { fields } from '../schema.ts';
import { checkIdentity } from './identity.ts';
import { apiGroup, kindOf, kindText, namesKind, namespaceText } from './references.ts';
import { conditionsStatus } from './status.ts';

export interface MeshTlsAuthentication {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'MeshTLSAuthentication';
  readonly metadata: ObjectMeta;
  readonly spec: MeshTlsAuthenticationSpec;
}

/** A client qualifies by any of `identities` or of `identityRefs`. One of the two is empty. */
export interface MeshTlsAuthenticationSpec {
  /** `*` (any mesh identity), `*.suffix`, an exact DNS-like name, or a `spiffe://` URI (exact). */
  readonly identities: readonly string[];
  readonly identityRefs: readonly IdentityRef[];
}

export type IdentityRef =
  | { readonly kind: 'ServiceAccount'; readonly namespace: string; readonly name: string }
  /** Every ServiceAccount of the namespace called `name`. */
  | { readonly kind: 'Namespace'; readonly name: string };

const identityRef = fields({
  group: apiGroup().optional(),
  kind: kindText().describe('ServiceAccount or Namespace'),
  name: z.string().min(1).max(253).optional(),
  namespace: namespaceText().optional(),
});

const schema = fields({
  spec: fields({
    identities: z
      .array(z.string().min(1).max(2048))
      .min(1)
      .optional()
      .describe('names of workloads: "*", "*.suffix", an exact name or a spiffe:// URI'),
    identityRefs: z.array(identityRef).min(1).optional().describe('ServiceAccounts, or whole Namespaces'),
  }),
  status: conditionsStatus().optional(),
});

const refFrom = (ref: z.output<typeof identityRef>, index: number, context: ReadContext): IdentityRef | undefined => {
  const path = ['spec', 'identityRefs', index];
  const isNamespace = namesKind(ref, '', 'Namespace');
  if (!isNamespace && !namesKind(ref, '', 'ServiceAccount')) {
    context.fail([...path, 'kind'], `${kindOf(ref)} has no identity; use ServiceAccount or Namespace, without a group`);
    return undefined;
  }
  if (ref.name === undefined) {
    context.fail([...path, 'name'], `is required: the name of the ${isNamespace ? 'Namespace' : 'ServiceAccount'}`);
    return undefined;
  }
  if (!isNamespace) {
    return { kind: 'ServiceAccount', namespace: ref.namespace ?? context.metadata.namespace, name: ref.name };
  }
  if (ref.namespace !== undefined) {
    context.fail(
      [...path, 'namespace'],
      `a Namespace is not in a namespace; remove this field (the Namespace meant is ${quote(ref.name)}, its name)`,
    );
  }
  return { kind: 'Namespace', name: ref.name };
};

export const meshTlsAuthenticationDefinition: ResourceDefinition<MeshTlsAuthentication> = {
  group: 'policy.linkerd.io',
  kind: 'MeshTLSAuthentication',
  versions: [
    version('v1alpha1', schema, ({ spec }, context) => {
      if ((spec.identities === undefined) === (spec.identityRefs === undefined)) {
        context.fail(['spec'], 'exactly one of identities and identityRefs is required');
      }
      const identities = spec.identities ?? [];
      for (const [index, identity] of identities.entries()) {
        checkIdentity(identity, ['spec', 'identities', index], context);
      }
      const identityRefs = (spec.identityRefs ?? [])
        .map((ref, index) => refFrom(ref, index, context))
        .filter((ref) => ref !== undefined);
      return { spec: { identities, identityRefs } };
    }),
  ],
};
