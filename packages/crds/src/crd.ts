/**
 * CustomResourceDefinitions of the kinds whose schemas are written here (features §3): what a cluster is told is the same
 * text that validates a manifest. The semantic rules, which no schema can say, stay with the admission webhook.
 */
import { z } from 'zod';
import { lookUp } from './registry.ts';

interface Column {
  readonly name: string;
  readonly jsonPath: string;
  readonly type: 'string' | 'integer' | 'date';
}

interface VersionPlan {
  readonly name: string;
  readonly isDeprecated?: true;
  readonly hasStatus?: true;
  readonly columns?: readonly Column[];
}

interface CrdPlan {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Oldest first; the last one is stored. */
  readonly versions: readonly VersionPlan[];
}

const column = (name: string, jsonPath: string, type: Column['type'] = 'string'): Column => ({ name, jsonPath, type });
const age = column('Age', '.metadata.creationTimestamp', 'date');
const portColumns = [column('Port', '.spec.port'), column('Protocol', '.spec.proxyProtocol')];
const policyGroup = 'policy.linkerd.io';
const route = { hasStatus: true, columns: [column('Hostnames', '.spec.hostnames'), age] } as const;

const plans: readonly CrdPlan[] = [
  {
    group: policyGroup,
    kind: 'Server',
    plural: 'servers',
    shortNames: ['srv'],
    versions: [
      { name: 'v1alpha1', isDeprecated: true, hasStatus: true },
      { name: 'v1beta1', isDeprecated: true, hasStatus: true, columns: portColumns },
      { name: 'v1beta2', hasStatus: true, columns: portColumns },
      { name: 'v1beta3', hasStatus: true, columns: [...portColumns, column('Access Policy', '.spec.accessPolicy')] },
    ],
  },
  {
    group: policyGroup,
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    shortNames: ['authzpolicy'],
    versions: [{ name: 'v1alpha1', hasStatus: true }],
  },
  {
    group: policyGroup,
    kind: 'MeshTLSAuthentication',
    plural: 'meshtlsauthentications',
    shortNames: ['meshtlsauthn'],
    versions: [{ name: 'v1alpha1', hasStatus: true }],
  },
  {
    group: policyGroup,
    kind: 'NetworkAuthentication',
    plural: 'networkauthentications',
    shortNames: ['netauthn', 'networkauthn'],
    versions: [{ name: 'v1alpha1', hasStatus: true }],
  },
  {
    group: policyGroup,
    kind: 'ServerAuthorization',
    plural: 'serverauthorizations',
    shortNames: ['saz', 'serverauthz', 'srvauthz'],
    versions: [
      { name: 'v1alpha1', isDeprecated: true, hasStatus: true },
      { name: 'v1beta1', hasStatus: true, columns: [column('Server', '.spec.server.name')] },
    ],
  },
  {
    group: policyGroup,
    kind: 'HTTPRoute',
    plural: 'httproutes',
    versions: ['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'].map((name) => ({ name, ...route })),
  },
  {
    group: policyGroup,
    kind: 'HTTPLocalRateLimitPolicy',
    plural: 'httplocalratelimitpolicies',
    versions: [
      {
        name: 'v1alpha1',
        hasStatus: true,
        columns: [
          column('Target_kind', '.spec.targetRef.kind'),
          column('Target_name', '.spec.targetRef.name'),
          column('Total_RPS', '.spec.total.requestsPerSecond', 'integer'),
          column('Identity_RPS', '.spec.identity.requestsPerSecond', 'integer'),
        ],
      },
    ],
  },
  {
    group: policyGroup,
    kind: 'EgressNetwork',
    plural: 'egressnetworks',
    categories: ['policy'],
    versions: [{ name: 'v1alpha1', hasStatus: true }],
  },
  {
    group: 'workload.linkerd.io',
    kind: 'ExternalWorkload',
    plural: 'externalworkloads',
    categories: ['external'],
    versions: [
      { name: 'v1alpha1', columns: [column('Identity', '.spec.meshTls.identity'), age] },
      { name: 'v1beta1', hasStatus: true, columns: [column('Identity', '.spec.meshTLS.identity'), age] },
    ],
  },
  {
    group: 'linkerd.io',
    kind: 'ServiceProfile',
    plural: 'serviceprofiles',
    shortNames: ['sp'],
    versions: [{ name: 'v1alpha1' }, { name: 'v1alpha2' }],
  },
];

type Schema = Readonly<Record<string, unknown>>;

/** Every CustomResourceDefinition, as objects to be written as YAML, in a fixed order. */
export const customResourceDefinitions = (): readonly Schema[] =>
  plans.map((plan) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plan.plural}.${plan.group}`,
      labels: { 'helm.sh/chart': 'heddle-crds', 'linkerd.io/control-plane-ns': 'linkerd' },
    },
    spec: {
      group: plan.group,
      scope: 'Namespaced',
      names: {
        kind: plan.kind,
        listKind: `${plan.kind}List`,
        plural: plan.plural,
        singular: plan.kind.toLowerCase(),
        ...(plan.shortNames === undefined ? {} : { shortNames: plan.shortNames }),
        ...(plan.categories === undefined ? {} : { categories: plan.categories }),
      },
      versions: plan.versions.map((version, index) => versionOf(plan, version, index === plan.versions.length - 1)),
    },
  }));

const versionOf = (plan: CrdPlan, version: VersionPlan, isStored: boolean): Schema => ({
  name: version.name,
  served: true,
  storage: isStored,
  ...(version.isDeprecated ? { deprecated: true } : {}),
  ...(version.columns === undefined ? {} : { additionalPrinterColumns: version.columns }),
  ...(version.hasStatus ? { subresources: { status: {} } } : {}),
  schema: { openAPIV3Schema: schemaOf(plan, version.name) },
});

const schemaOf = ({ group, kind }: CrdPlan, version: string): unknown => {
  const found = lookUp(group, version, kind);
  if (found.kind !== 'known') throw new Error(`${group}/${version} ${kind} is not defined`);
  return structural(z.toJSONSchema(found.version.schema, { target: 'openapi-3.0', io: 'input' }));
};

/**
 * A JSON schema as a structural schema (Kubernetes: "Specifying a structural schema"): unknown fields are pruned by the
 * API server rather than refused by the schema, a union is only ever a number or a text, and patterns are RE2.
 */
const structural = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(structural);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { anyOf, additionalProperties, properties, pattern, maximum, ...rest } = schema as Schema;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) out[key] = key === 'items' ? structural(value) : value;
  if (anyOf !== undefined) {
    out['x-kubernetes-int-or-string'] = true;
    delete out['type'];
  }
  if (typeof pattern === 'string' && !pattern.includes('(?')) out['pattern'] = pattern;
  if (typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER) out['maximum'] = maximum;
  if (typeof maximum === 'number' && maximum >= Number.MAX_SAFE_INTEGER) out['format'] = 'int64';
  if (typeof properties === 'object' && properties !== null) {
    out['properties'] = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, structural(value)]));
  } else if (typeof additionalProperties === 'object' && additionalProperties !== null) {
    if (Object.keys(additionalProperties).length === 0) out['x-kubernetes-preserve-unknown-fields'] = true;
    else out['additionalProperties'] = structural(additionalProperties);
  }
  return out;
};
