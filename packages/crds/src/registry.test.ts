import { expect, test } from 'vitest';
import { z } from 'zod';
import { lookUp } from './registry.ts';

const resources: readonly (readonly [group: string, kind: string, versions: readonly string[]])[] = [
  ['policy.linkerd.io', 'Server', ['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3']],
  ['policy.linkerd.io', 'AuthorizationPolicy', ['v1alpha1']],
  ['policy.linkerd.io', 'MeshTLSAuthentication', ['v1alpha1']],
  ['policy.linkerd.io', 'NetworkAuthentication', ['v1alpha1']],
  ['policy.linkerd.io', 'ServerAuthorization', ['v1alpha1', 'v1beta1']],
  ['policy.linkerd.io', 'HTTPRoute', ['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3']],
  ['policy.linkerd.io', 'HTTPLocalRateLimitPolicy', ['v1alpha1']],
  ['policy.linkerd.io', 'EgressNetwork', ['v1alpha1']],
  ['workload.linkerd.io', 'ExternalWorkload', ['v1alpha1', 'v1beta1']],
  ['linkerd.io', 'ServiceProfile', ['v1alpha1', 'v1alpha2']],
  ['gateway.networking.k8s.io', 'HTTPRoute', ['v1beta1', 'v1']],
  ['gateway.networking.k8s.io', 'GRPCRoute', ['v1']],
  ['gateway.networking.k8s.io', 'TCPRoute', ['v1alpha2']],
  ['gateway.networking.k8s.io', 'TLSRoute', ['v1alpha2', 'v1alpha3', 'v1']],
];

test.each(resources.flatMap(([group, kind, versions]) => versions.map((version) => [group, version, kind] as const)))(
  '%s/%s %s is served, and its schema can be said in OpenAPI without references',
  (group, version, kind) => {
    const found = lookUp(group, version, kind);
    if (found.kind !== 'known') throw new Error(found.message);
    const schema = z.toJSONSchema(found.version.schema, { target: 'openapi-3.0', io: 'input' });
    expect(schema).toMatchObject({ type: 'object', properties: { spec: { type: 'object' } }, required: ['spec'] });
    expect(JSON.stringify(schema)).not.toContain('$ref');
  },
);
