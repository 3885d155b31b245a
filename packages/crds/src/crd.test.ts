import { expect, test } from 'vitest';
import { customResourceDefinitions } from './crd.ts';

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly shortNames?: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly served: boolean;
      readonly deprecated?: boolean;
      readonly additionalPrinterColumns?: readonly { readonly name: string }[];
      readonly schema: { readonly openAPIV3Schema: unknown };
    }[];
  };
}

const definitions = customResourceDefinitions() as unknown as readonly Definition[];
const find = (name: string): Definition => {
  const found = definitions.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

test.each([
  ['servers.policy.linkerd.io', ['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'], ['srv']],
  ['authorizationpolicies.policy.linkerd.io', ['v1alpha1'], ['authzpolicy']],
  ['meshtlsauthentications.policy.linkerd.io', ['v1alpha1'], ['meshtlsauthn']],
  ['networkauthentications.policy.linkerd.io', ['v1alpha1'], ['netauthn', 'networkauthn']],
  ['serverauthorizations.policy.linkerd.io', ['v1alpha1', 'v1beta1'], ['saz', 'serverauthz', 'srvauthz']],
  ['httproutes.policy.linkerd.io', ['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'], undefined],
  ['httplocalratelimitpolicies.policy.linkerd.io', ['v1alpha1'], undefined],
  ['egressnetworks.policy.linkerd.io', ['v1alpha1'], undefined],
  ['externalworkloads.workload.linkerd.io', ['v1alpha1', 'v1beta1'], undefined],
  ['serviceprofiles.linkerd.io', ['v1alpha1', 'v1alpha2'], ['sp']],
] as const)('%s is served in %j and stored in the last', (name, versions, shortNames) => {
  const { spec } = find(name);
  expect(spec.versions.map((version) => version.name)).toEqual(versions);
  expect(spec.versions.every(({ served }) => served)).toBe(true);
  expect(spec.versions.filter(({ storage }) => storage).map((version) => version.name)).toEqual([versions.at(-1)]);
  expect(spec.names.shortNames).toEqual(shortNames);
});

/** What the API server refuses in a structural schema. */
const violations = (schema: unknown, path: string, found: string[]): string[] => {
  if (typeof schema !== 'object' || schema === null) return found;
  const node = schema as Readonly<Record<string, unknown>>;
  const isUntyped = node['type'] === undefined && node['x-kubernetes-int-or-string'] !== true;
  if (isUntyped && node['x-kubernetes-preserve-unknown-fields'] !== true) found.push(`${path}: no type`);
  for (const key of ['$ref', '$schema', 'anyOf', 'oneOf', 'allOf', 'not', 'const', 'propertyNames']) {
    if (key in node) found.push(`${path}: ${key}`);
  }
  if (node['properties'] !== undefined && node['additionalProperties'] !== undefined)
    found.push(`${path}: both kinds of properties`);
  if (node['additionalProperties'] === false) found.push(`${path}: additionalProperties false`);
  if (typeof node['pattern'] === 'string' && node['pattern'].includes('(?')) found.push(`${path}: not RE2`);
  for (const [key, value] of Object.entries(node['properties'] ?? {})) violations(value, `${path}.${key}`, found);
  if (node['items'] !== undefined) violations(node['items'], `${path}[]`, found);
  if (typeof node['additionalProperties'] === 'object') violations(node['additionalProperties'], `${path}.*`, found);
  return found;
};

test.each(
  definitions.flatMap(({ metadata, spec }) => spec.versions.map((version) => [metadata.name, version] as const)),
)('the schema of %s is structural (%#)', (name, version) => {
  expect(violations(version.schema.openAPIV3Schema, `${name}/${version.name}`, [])).toEqual([]);
});

test('printer columns and deprecation are those of the reference', () => {
  const { versions } = find('servers.policy.linkerd.io').spec;
  expect(versions.map((version) => version.deprecated === true)).toEqual([true, true, false, false]);
  expect(versions.map((version) => version.additionalPrinterColumns?.map(({ name }) => name))).toEqual([
    undefined,
    ['Port', 'Protocol'],
    ['Port', 'Protocol'],
    ['Port', 'Protocol', 'Access Policy'],
  ]);
});
