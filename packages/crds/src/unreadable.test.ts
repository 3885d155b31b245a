import { expect, test } from 'vitest';
import { keyOf } from './object.ts';
import { gatewayObject, policyObject, serverParent, serverSpec } from './testing/manifest.ts';
import { type Closure, unreadableFrom } from './unreadable.ts';

const everything = { matchLabels: {}, matchExpressions: [] };
const web = { matchLabels: { app: 'web' }, matchExpressions: [] };
const server = (spec: unknown) => ({ ...policyObject('Server', 'v1beta3', {}), spec });
const route = (spec: unknown) => ({ ...policyObject('HTTPRoute', 'v1beta3', {}), spec });

test.each<[string, unknown, Closure]>([
  ['a Server', server({ ...serverSpec, accessPolicy: 'x' }), { kind: 'ports', selector: web, port: 80 }],
  ['a Server by port name', server({ ...serverSpec, port: 'http' }), { kind: 'ports', selector: web, port: 'http' }],
  ['a Server of no port', server({ ...serverSpec, port: 70_000 }), { kind: 'ports', selector: web }],
  ['a Server of a port in quotes', server({ ...serverSpec, port: '80' }), { kind: 'ports', selector: web }],
  ['a Server of no pods', server({ port: 80 }), { kind: 'ports', selector: everything, port: 80 }],
  [
    'a Server of pods that cannot be read',
    server({ port: 80, podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } }),
    { kind: 'ports', selector: everything, port: 80 },
  ],
  [
    'a Server of a label that cannot be',
    server({ port: 80, podSelector: { matchLabels: { app: 7 } } }),
    { kind: 'ports', selector: everything, port: 80 },
  ],
  ['a Server of external workloads', server({ port: 80, externalWorkloadSelector: {} }), { kind: 'nothing' }],
  [
    'a Server of both',
    server({ ...serverSpec, externalWorkloadSelector: {} }),
    { kind: 'ports', selector: web, port: 80 },
  ],
  ['a Server of nothing', server(undefined), { kind: 'ports', selector: everything }],
  [
    'a route',
    route({ parentRefs: [serverParent, { kind: 'Service', group: '', name: 's' }] }),
    { kind: 'servers', names: ['web'] },
  ],
  ['a route elsewhere', route({ parentRefs: [{ ...serverParent, namespace: 'pay' }] }), { kind: 'servers', names: [] }],
  ['a route on what cannot be read', route({ parentRefs: [{ name: 7 }] }), { kind: 'servers' }],
  ['a route on nothing', route({}), { kind: 'servers' }],
  [
    'a GRPCRoute',
    gatewayObject('GRPCRoute', 'v1', { parentRefs: [serverParent] }),
    { kind: 'servers', names: ['web'] },
  ],
  [
    'a rate limit',
    policyObject('HTTPLocalRateLimitPolicy', 'v1alpha1', { targetRef: { name: 'web' } }),
    { kind: 'servers', names: ['web'] },
  ],
  ['a rate limit on nothing', policyObject('HTTPLocalRateLimitPolicy', 'v1alpha1', {}), { kind: 'servers' }],
  ['an EgressNetwork', policyObject('EgressNetwork', 'v1alpha1', {}), { kind: 'egress' }],
  ['an AuthorizationPolicy', policyObject('AuthorizationPolicy', 'v1alpha1', {}), { kind: 'nothing' }],
  ['a ServerAuthorization', policyObject('ServerAuthorization', 'v1beta1', {}), { kind: 'nothing' }],
  ['a MeshTLSAuthentication', policyObject('MeshTLSAuthentication', 'v1alpha1', {}), { kind: 'nothing' }],
  ['a NetworkAuthentication', policyObject('NetworkAuthentication', 'v1alpha1', {}), { kind: 'nothing' }],
])('%s', (_, value, closes) => {
  const found = unreadableFrom(value, 'why');
  expect(found).toMatchObject({ kind: 'Unreadable', problem: 'why', metadata: { namespace: 'shop', name: 'web' } });
  expect(found?.closes).toEqual(closes);
  expect(found && keyOf(found)).toMatchObject({ kind: (value as { readonly kind: string }).kind, name: 'web' });
});

test.each([
  ['a route of another controller', gatewayObject('HTTPRoute', 'v1', { parentRefs: [{ name: 'edge' }] })],
  ['a pod', { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'web' } }],
  ['what has no name', { ...server({}), metadata: {} }],
  ['a list', []],
  ['null', null],
])('%s closes nothing', (_, value) => {
  expect(unreadableFrom(value, 'why')).toBeUndefined();
});

test('metadata that cannot be read still names the object', () => {
  const value = { ...server({}), metadata: { namespace: 'shop', name: 'web', labels: { a: ['b'] } } };
  expect(unreadableFrom(value, 'why')).toMatchObject({ metadata: { namespace: 'shop', name: 'web', labels: {} } });
});
