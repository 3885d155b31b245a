/** HTTPLocalRateLimitPolicy: a limit that each proxy of a Server keeps for itself (features §3.7). */
import { z } from 'zod';
import { type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { fields } from '../schema.ts';
import { kindOf, localRef, namesKind, namespacedRef } from './references.ts';
import { condition } from './status.ts';

export interface HttpLocalRateLimitPolicy {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'HTTPLocalRateLimitPolicy';
  readonly metadata: ObjectMeta;
  readonly spec: HttpLocalRateLimitPolicySpec;
}

/** Limits are requests per second, at least 1. */
export interface HttpLocalRateLimitPolicySpec {
  /** In the policy's own namespace. */
  readonly server: { readonly name: string };
  readonly total?: number | undefined;
  readonly identity?: number | undefined;
  readonly overrides: readonly {
    readonly requestsPerSecond: number;
    readonly serviceAccounts: readonly { readonly namespace: string; readonly name: string }[];
  }[];
}

const requestsPerSecond = () => z.int().min(1).describe('requests per second, at least 1');

const limit = () => fields({ requestsPerSecond: requestsPerSecond() });

const schema = fields({
  spec: fields({
    targetRef: localRef().describe('the Server that is limited'),
    total: limit().optional().describe('for all clients together'),
    identity: limit().optional().describe('for each client identity'),
    overrides: z
      .array(
        fields({
          requestsPerSecond: requestsPerSecond(),
          clientRefs: z.array(namespacedRef()).describe('the ServiceAccounts that share this limit instead'),
        }),
      )
      .optional(),
  }),
  status: fields({
    conditions: z.array(condition()).optional(),
    targetRef: localRef().optional(),
  }).optional(),
});

type Spec = z.output<typeof schema>['spec'];
type Body = { readonly spec: HttpLocalRateLimitPolicySpec };

const overrideFrom = (override: NonNullable<Spec['overrides']>[number], index: number, context: ReadContext) => ({
  requestsPerSecond: override.requestsPerSecond,
  serviceAccounts: override.clientRefs.flatMap((ref, position) => {
    if (namesKind(ref, '', 'ServiceAccount')) {
      return [{ namespace: ref.namespace ?? context.metadata.namespace, name: ref.name }];
    }
    context.fail(
      ['spec', 'overrides', index, 'clientRefs', position, 'kind'],
      `${kindOf(ref)} is not a client; use ServiceAccount, without a group`,
    );
    return [];
  }),
});

/** No client may be promised more than all of them together get. */
const requireWithinTotal = (spec: Spec, context: ReadContext): void => {
  const total = spec.total?.requestsPerSecond;
  if (total === undefined) return;
  const limits = [
    { path: ['spec', 'identity', 'requestsPerSecond'], value: spec.identity?.requestsPerSecond ?? 0 },
    ...(spec.overrides ?? []).map((override, index) => ({
      path: ['spec', 'overrides', index, 'requestsPerSecond'],
      value: override.requestsPerSecond,
    })),
  ];
  for (const { path, value } of limits) {
    if (value > total) {
      context.fail(
        path,
        `${value} is above total.requestsPerSecond, ${total}, so it is never reached; lower it or raise the total`,
      );
    }
  }
};

const bodyFrom = ({ spec }: { readonly spec: Spec }, context: ReadContext): Body => {
  const { targetRef } = spec;
  if (!namesKind(targetRef, 'policy.linkerd.io', 'Server')) {
    context.fail(
      ['spec', 'targetRef', 'kind'],
      `${kindOf(targetRef)} cannot be limited; use kind Server with group policy.linkerd.io`,
    );
  }
  requireWithinTotal(spec, context);
  return {
    spec: {
      server: { name: targetRef.name },
      total: spec.total?.requestsPerSecond,
      identity: spec.identity?.requestsPerSecond,
      overrides: (spec.overrides ?? []).map((override, index) => overrideFrom(override, index, context)),
    },
  };
};

export const httpLocalRateLimitPolicyDefinition: ResourceDefinition<HttpLocalRateLimitPolicy> = {
  group: 'policy.linkerd.io',
  kind: 'HTTPLocalRateLimitPolicy',
  versions: [version('v1alpha1', schema, bodyFrom)],
};
