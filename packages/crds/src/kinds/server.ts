/** Server: names a port on a set of pods or external workloads (reference features §3.1). */
import type { z } from 'zod';
import { type BodyOf, type ReadContext, type ResourceDefinition, version } from '../definition.ts';
import type { ObjectMeta } from '../object.ts';
import { fields, oneOf, portOrName } from '../schema.ts';
import { type LabelSelector, labelSelector, selectorFrom } from '../selector.ts';
import { conditionsStatus } from './status.ts';

export interface Server {
  readonly group: 'policy.linkerd.io';
  readonly kind: 'Server';
  readonly metadata: ObjectMeta;
  readonly spec: ServerSpec;
}

export interface ServerSpec {
  /** Objects of the Server's own namespace. */
  readonly workloads: {
    readonly kind: 'pods' | 'externalWorkloads';
    readonly selector: LabelSelector;
  };
  readonly port: { readonly kind: 'number'; readonly port: number } | { readonly kind: 'name'; readonly name: string };
  readonly proxyProtocol: ProxyProtocol;
  readonly accessPolicy: DefaultPolicyName;
}

export type ProxyProtocol = (typeof proxyProtocols)[number];

/** The six default policies (features §2.6), for `accessPolicy` and for `config.linkerd.io/default-inbound-policy`. */
export type DefaultPolicyName = (typeof defaultPolicyNames)[number];

export const proxyProtocols = ['unknown', 'HTTP/1', 'HTTP/2', 'gRPC', 'opaque', 'TLS'] as const;

export const defaultPolicyNames = [
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
  'deny',
  'audit',
] as const;

const portText = 'a port number from 1 to 65535, or the name of a container port';

const port = portOrName(/^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/, portText).describe(portText);

const protocol = () => oneOf('a proxy protocol', proxyProtocols).default('unknown').describe('what the port speaks');

const selector = () => labelSelector().describe('which workloads of the namespace; {} selects all of them');

const alpha1 = fields({
  spec: fields({ podSelector: selector(), port, proxyProtocol: protocol() }),
  status: conditionsStatus().optional(),
});

const twoSelectors = () => ({
  podSelector: selector().optional(),
  externalWorkloadSelector: selector().optional(),
  port,
  proxyProtocol: protocol(),
});

const beta2 = fields({ spec: fields(twoSelectors()), status: conditionsStatus().optional() });

const beta3 = fields({
  spec: fields({
    ...twoSelectors(),
    accessPolicy: oneOf('an access policy', defaultPolicyNames)
      .default('deny')
      .describe('who may connect where no authorization says so'),
  }),
  status: conditionsStatus().optional(),
});

type Spec = Partial<z.output<typeof beta3>['spec']> & Pick<z.output<typeof beta3>['spec'], 'port' | 'proxyProtocol'>;

const bodyFrom = (spec: Spec, context: ReadContext): BodyOf<Server> => ({
  spec: {
    workloads: workloadsFrom(spec, context),
    port: typeof spec.port === 'number' ? { kind: 'number', port: spec.port } : { kind: 'name', name: spec.port },
    proxyProtocol: spec.proxyProtocol,
    accessPolicy: spec.accessPolicy ?? 'deny',
  },
});

const workloadsFrom = (spec: Spec, context: ReadContext): ServerSpec['workloads'] => {
  const { podSelector, externalWorkloadSelector } = spec;
  if ((podSelector === undefined) === (externalWorkloadSelector === undefined)) {
    context.fail(['spec'], 'exactly one of podSelector and externalWorkloadSelector is required');
  }
  return externalWorkloadSelector === undefined
    ? { kind: 'pods', selector: selectorFrom(podSelector ?? {}, ['spec', 'podSelector'], context) }
    : {
        kind: 'externalWorkloads',
        selector: selectorFrom(externalWorkloadSelector, ['spec', 'externalWorkloadSelector'], context),
      };
};

/** The first version took only one half of a label selector. */
const requireOneHalf = (selector: z.output<ReturnType<typeof labelSelector>>, context: ReadContext): void => {
  if ((selector.matchLabels === undefined) === (selector.matchExpressions === undefined)) {
    context.fail(
      ['spec', 'podSelector'],
      'v1alpha1 takes exactly one of matchLabels and matchExpressions; use v1beta3 for both or neither',
    );
  }
};

export const serverDefinition: ResourceDefinition<Server> = {
  group: 'policy.linkerd.io',
  kind: 'Server',
  versions: [
    version('v1alpha1', alpha1, ({ spec }, context) => {
      requireOneHalf(spec.podSelector, context);
      return bodyFrom(spec, context);
    }),
    version('v1beta1', alpha1, ({ spec }, context) => bodyFrom(spec, context)),
    version('v1beta2', beta2, ({ spec }, context) => bodyFrom(spec, context)),
    version('v1beta3', beta3, ({ spec }, context) => bodyFrom(spec, context)),
  ],
};
