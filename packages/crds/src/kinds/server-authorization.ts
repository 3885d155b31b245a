/** ServerAuthorization: the older form of authorization, on Servers only (features §3.5). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import { labelName } from '../metadata.ts';
import { type NetworkMatch, networkSchema, networksFrom } from '../networks.ts';
import type { ObjectMeta } from '../object.ts';
import { fields } from '../schema.ts';
import { type LabelSelector, labelSelector, selectorFrom } from '../selector.ts';
import { checkIdentity } from './identity.ts';
import { conditionsStatus } from './status.ts';

export interface ServerAuthorization {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'ServerAuthorization';
  readonly metadata: ObjectMeta;
  readonly spec: ServerAuthorizationSpec;
}

export interface ServerAuthorizationSpec {
  /** Servers of the same namespace, by name or by their labels. */
  readonly server:
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'selector'; readonly selector: LabelSelector };
  readonly client: {
    /** Absent: the cluster's networks. */
    readonly networks?: readonly NetworkMatch[] | undefined;
    readonly authentication:
      | { readonly kind: 'unauthenticated' }
      /** Mesh TLS without a client certificate is enough. */
      | { readonly kind: 'tls' }
      /** Any of these; both empty authorises nobody. */
      | {
          readonly kind: 'identities';
          /** `*`, `*.suffix` or exact. */
          readonly identities: readonly string[];
          readonly serviceAccounts: readonly { readonly namespace: string; readonly name: string }[];
        };
  };
}

const meshTls = fields({
  unauthenticatedTLS: z.boolean().optional().describe('mesh TLS without a client certificate is enough'),
  identities: z.array(z.string().min(1).max(253)).optional(),
  serviceAccounts: z
    .array(
      fields({
        name: labelName('a ServiceAccount name').describe('the ServiceAccount'),
        namespace: labelName().optional(),
      }),
    )
    .optional(),
});

const schema = fields({
  spec: fields({
    server: fields({
      name: labelName('the name of a Server').optional(),
      selector: labelSelector().optional(),
    }).describe('the Server by name, or Servers by a selector over their labels'),
    client: fields({
      networks: z.array(networkSchema()).optional().describe('absent: the cluster networks'),
      unauthenticated: z.boolean().optional().describe('anybody, plaintext included'),
      meshTLS: meshTls.optional(),
    }).describe('who is authorized'),
  }),
  status: conditionsStatus().optional(),
});

type Spec = z.output<typeof schema>['spec'];

const serverFrom = (server: Spec['server'], context: ReadContext): ServerAuthorizationSpec['server'] => {
  if ((server.name === undefined) === (server.selector === undefined)) {
    context.fail(['spec', 'server'], 'exactly one of name and selector is required');
  }
  if (server.name !== undefined) return { kind: 'name', name: server.name };
  return { kind: 'selector', selector: selectorFrom(server.selector ?? {}, ['spec', 'server', 'selector'], context) };
};

type Authentication = ServerAuthorizationSpec['client']['authentication'];

const authenticationFrom = (client: Spec['client'], context: ReadContext): Authentication => {
  const path = ['spec', 'client'];
  if (client.unauthenticated === true) {
    if (client.meshTLS !== undefined) {
      context.fail([...path, 'meshTLS'], 'contradicts unauthenticated: true; keep one of the two');
    }
    return { kind: 'unauthenticated' };
  }
  const { unauthenticatedTLS = false, identities = [], serviceAccounts = [] } = client.meshTLS ?? {};
  const namesNobody = identities.length === 0 && serviceAccounts.length === 0;
  if (unauthenticatedTLS) {
    if (!namesNobody) {
      context.fail(
        [...path, 'meshTLS', 'unauthenticatedTLS'],
        'lets in clients without identity, which contradicts the identities or serviceAccounts beside it; keep one of the two',
      );
    }
    return { kind: 'tls' };
  }
  if (namesNobody) {
    context.warn(path, 'authorizes nobody; set meshTLS.identities, meshTLS.serviceAccounts or unauthenticated');
  }
  for (const [index, identity] of identities.entries()) {
    checkIdentity(identity, [...path, 'meshTLS', 'identities', index], context);
  }
  return {
    kind: 'identities',
    identities,
    serviceAccounts: serviceAccounts.map(({ name, namespace }) => ({
      namespace: namespace ?? context.metadata.namespace,
      name,
    })),
  };
};

const bodyFrom = (
  { spec }: { readonly spec: Spec },
  context: ReadContext,
): { readonly spec: ServerAuthorizationSpec } => {
  const { networks } = spec.client;
  const path = ['spec', 'client', 'networks'];
  if (networks?.length === 0)
    context.warn(path, 'an empty list matches no client; remove it to mean the cluster networks');
  return {
    spec: {
      server: serverFrom(spec.server, context),
      client: {
        networks: networks && networksFrom(networks, path, context),
        authentication: authenticationFrom(spec.client, context),
      },
    },
  };
};

export const serverAuthorizationDefinition: ResourceDefinition<ServerAuthorization> = {
  group: 'policy.linkerd.io',
  kind: 'ServerAuthorization',
  versions: [version('v1alpha1', schema, bodyFrom), version('v1beta1', schema, bodyFrom)],
};
