/** What the webhook refuses, and what it warns of: every row of the table of rules, and the state around a resource. */
import type { AdmissionAnswer, AdmissionRequest } from '@heddle/admission';
import { createCatalog } from '@heddle/catalog';
import { buildGrpcRoute, buildHttpRoute, buildPod, buildServer, testOptions } from '@heddle/catalog/testing';
import type { KubernetesObject } from '@heddle/crds/core';
import {
  invalidGatewayResources,
  invalidPolicyResources,
  validGatewayResources,
  validResources,
} from '@heddle/crds/testing';
import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';

type Manifest = Readonly<Record<string, unknown>>;

const requestFor = (manifest: Manifest, parts: Partial<AdmissionRequest> = {}): AdmissionRequest => {
  const [group = '', version = ''] = String(manifest['apiVersion']).split('/');
  return {
    reviewVersion: 'admission.k8s.io/v1',
    uid: 'u',
    group,
    version,
    kind: String(manifest['kind']),
    subresource: '',
    operation: 'CREATE',
    namespace: 'shop',
    isDryRun: false,
    object: manifest,
    ...parts,
  };
};

const ask = (
  manifest: Manifest,
  parts: Partial<AdmissionRequest> = {},
  objects: readonly KubernetesObject[] = [],
  isSynced = true,
): AdmissionAnswer => {
  const catalog = createCatalog(testOptions);
  catalog.reset(objects);
  return judge(requestFor(manifest, parts), { catalog, isSynced: () => isSynced });
};

const warningsOf = (answer: AdmissionAnswer): readonly string[] => (answer.kind === 'allow' ? answer.warnings : []);

describe.each(['CREATE', 'UPDATE'])('%s', (operation) => {
  test.each([...invalidPolicyResources, ...invalidGatewayResources])('$why is refused', ({ manifest, message }) => {
    expect(ask(manifest, { operation })).toMatchObject({
      kind: 'refuse',
      code: 422,
      message: expect.stringContaining(message) as string,
    });
  });

  test.each([...validResources, ...validGatewayResources])('$apiVersion $kind is allowed (%#)', (manifest) => {
    expect(ask(manifest, { operation })).toMatchObject({ kind: 'allow', patch: [] });
  });
});

const server = (spec: Manifest = {}, metadata: Manifest = {}): Manifest => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: 'new', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  spec: { podSelector: { matchLabels: { app: 'web' } }, port: 'http', proxyProtocol: 'HTTP/1', ...spec },
});
const route = (parent: Manifest, rule: Manifest = {}, apiVersion = 'policy.linkerd.io/v1beta3'): Manifest => ({
  apiVersion,
  kind: 'HTTPRoute',
  metadata: { name: 'new' },
  spec: { parentRefs: [parent], rules: [rule] },
});
const toServer = { group: 'policy.linkerd.io', kind: 'Server', name: 'web' };
const toService = { group: '', kind: 'Service', name: 'web', port: 80 };
const toGateway = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' };
const probed = buildPod({ probes: [{ path: '/healthz', port: 'http' }] });

describe('warnings', () => {
  test.each<[string, readonly KubernetesObject[], Manifest, readonly string[]]>([
    ['a Server alone', [buildPod()], server(), []],
    ['overlapping Servers', [buildPod(), buildServer()], server(), ['belongs to the older Server web']],
    [
      'an older Server, as when it is made again from a backup',
      [buildPod(), buildServer({ createdMs: Date.UTC(2027, 0, 1) })],
      server(),
      ['Server web: port 8080 of pod shop/web belongs to the older Server new'],
    ],
    ['a route on no Server', [], route(toServer), ['Server shop/web is nothing to attach to']],
    [
      'a route over a probe',
      [probed, buildServer()],
      route(toServer, { matches: [{ path: { value: '/' } }] }),
      ['Server web: GET /healthz on port 8080'],
    ],
    [
      'an ambiguous path',
      [buildServer()],
      route(toServer, { matches: [{ path: { value: '/a%2fb' } }] }),
      ['"/a%2fb" never matches'],
    ],
    [
      'a route that a GRPCRoute puts out of force',
      [buildServer(), buildGrpcRoute({ name: 'g' })],
      route(toServer),
      ['GRPCRoute g is attached'],
    ],
    ['a route for a Service', [], route(toService), ['Service shop/web is nothing to attach to']],
    [
      'an authorization of nothing by nobody',
      [],
      {
        apiVersion: 'policy.linkerd.io/v1alpha1',
        kind: 'AuthorizationPolicy',
        metadata: { name: 'a' },
        spec: {
          targetRef: { group: 'policy.linkerd.io', kind: 'HTTPRoute', name: 'r' },
          requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'NetworkAuthentication', name: 'n' }],
        },
      },
      ['there is no HTTPRoute r in namespace shop', 'there is no NetworkAuthentication n in namespace shop'],
    ],
    [
      'a limit on a Server whose requests are not counted',
      [buildServer({ proxyProtocol: 'opaque' })],
      {
        apiVersion: 'policy.linkerd.io/v1alpha1',
        kind: 'HTTPLocalRateLimitPolicy',
        metadata: { name: 'l' },
        spec: { targetRef: toServer, total: { requestsPerSecond: 1 } },
      },
      ['has proxyProtocol opaque, whose requests are not counted'],
    ],
    [
      'an EgressNetwork',
      [],
      {
        apiVersion: 'policy.linkerd.io/v1alpha1',
        kind: 'EgressNetwork',
        metadata: { name: 'e' },
        spec: { trafficPolicy: 'Deny', networks: [{ cidr: '10.1.0.0/16' }] },
      },
      ['overlaps with the networks of the cluster'],
    ],
  ])('%s', (_, objects, manifest, expected) => {
    const answer = ask(manifest, {}, objects);
    expect(answer.kind).toBe('allow');
    expect(warningsOf(answer)).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(warningsOf(answer)[index]).toContain(text);
  });

  test('are kept back while the cluster is not known', () => {
    expect(warningsOf(ask(route(toServer), {}, [], false))).toEqual([]);
  });
});

test('the namespace and the kind are those of the request, whatever the object says of itself', () => {
  const answer = ask(
    { ...server({ accessPolicy: 'anybody' }), apiVersion: 'v1', kind: 'ConfigMap' },
    { group: 'policy.linkerd.io', version: 'v1beta3', kind: 'Server' },
  );
  expect(answer).toMatchObject({ kind: 'refuse', code: 422 });
  const policy = {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'a', namespace: 'pay' },
    spec: { targetRef: { kind: 'Namespace', name: 'pay' }, requiredAuthenticationRefs: [] },
  };
  expect(ask(policy)).toMatchObject({ kind: 'refuse', message: expect.stringContaining('"shop"') as string });
});

test('a name that is yet to be made up', () => {
  expect(ask(server({}, { name: undefined, generateName: 'web-' })).kind).toBe('allow');
});

test('what is being deleted may lose its finalizers', () => {
  const leaving = server({ accessPolicy: 'anybody' }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  expect(ask(leaving, { operation: 'UPDATE' })).toMatchObject({ kind: 'allow' });
  expect(ask(server(), { operation: 'DELETE', object: null })).toMatchObject({ kind: 'allow' });
});

test('the routes of other controllers are theirs', () => {
  const bad = { matches: [{ path: { value: 'relative' } }] };
  const gateway = 'gateway.networking.k8s.io/v1';
  expect(ask(route(toGateway, bad, gateway))).toEqual({ kind: 'allow', patch: [], warnings: [] });
  expect(ask(route(toServer, bad, gateway))).toMatchObject({ kind: 'refuse' });
  const both = { ...route(toServer, bad, gateway), spec: { parentRefs: [toGateway, toServer], rules: [bad] } };
  expect(ask(both)).toMatchObject({ kind: 'refuse' });
});

test('versions of the Gateway API that are not known yet are let through, as what they are read as is judged then', () => {
  const answer = ask(route(toServer, {}, 'gateway.networking.k8s.io/v9'));
  expect(warningsOf(answer)).toEqual([expect.stringContaining('is not validated here')]);
  expect(ask({ ...server(), apiVersion: 'policy.linkerd.io/v9' })).toMatchObject({ kind: 'refuse', code: 422 });
});

test.each([
  ['another group', { group: '', kind: 'Secret' }, 400, 'mend the webhook'],
  ['another kind', { kind: 'Serve' }, 422, 'did you mean Server?'],
  ['no object', { object: null }, 422, 'there is no object'],
  ['a list', { object: [] }, 422, 'the object is not an object'],
  ['no metadata', { object: { metadata: 7 } }, 422, 'metadata is not an object'],
])('%s', (_, parts, code, message) => {
  expect(ask(server(), parts)).toMatchObject({
    kind: 'refuse',
    code,
    message: expect.stringContaining(message) as string,
  });
});

test('a hundred mistakes are not all told', () => {
  const rules = Array.from({ length: 16 }, () => ({ matches: [{ path: { value: 'relative' } }] }));
  const answer = ask({ ...route(toServer), spec: { parentRefs: [toServer], rules } });
  expect(answer).toMatchObject({ kind: 'refuse', message: expect.stringMatching(/; and 8 more$/) as string });
});

test('a resource that changes is compared with what the others are, not with its own past', () => {
  const before = buildHttpRoute({ name: 'new' });
  expect(warningsOf(ask(route(toServer), { operation: 'UPDATE' }, [buildServer(), before]))).toEqual([]);
});
