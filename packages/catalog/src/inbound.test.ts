import type { KubernetesObject } from '@heddle/crds/core';
import { orThrow, parseIp } from '@heddle/names';
import type { Authorization } from '@heddle/policy';
import { describe, expect, test } from 'vitest';
import {
  buildGrpcRoute,
  buildNamespace,
  buildPod,
  buildRateLimit,
  buildServer,
  meshedLabels,
  selectorOf,
} from './testing/index.ts';
import {
  anybody,
  anyIdentity,
  builtIn,
  cluster,
  defaultRoute,
  grant,
  policyOf,
  probeRoute,
  resource,
} from './testing/policies.ts';

describe('a port without a Server', () => {
  test('answers by the default of the install', () => {
    expect(policyOf([buildPod()])).toEqual({
      server: builtIn('all-authenticated'),
      protocol: { kind: 'detect', timeoutMs: 10_000, routes: [defaultRoute] },
      authorizations: [grant(builtIn('all-authenticated'), anyIdentity)],
      serverIps: [orThrow(parseIp('10.0.0.1'))],
    });
  });

  test('has no policy while the pod is unknown', () => {
    expect(policyOf([buildPod({ name: 'other' })])).toBeUndefined();
  });

  const annotation = (value: string) => ({ annotations: { 'config.linkerd.io/default-inbound-policy': value } });

  test.each<[string, string, readonly Authorization[]]>([
    ['all-unauthenticated', 'all-unauthenticated', [grant(builtIn('all-unauthenticated'), anybody)]],
    ['all-authenticated', 'all-authenticated', [grant(builtIn('all-authenticated'), anyIdentity)]],
    [
      'cluster-unauthenticated',
      'cluster-unauthenticated',
      [grant(builtIn('cluster-unauthenticated'), anybody, cluster)],
    ],
    ['cluster-authenticated', 'cluster-authenticated', [grant(builtIn('cluster-authenticated'), anyIdentity, cluster)]],
    ['audit', 'audit', [grant(builtIn('audit'), anybody)]],
    ['deny', 'deny', []],
    ['a typing error', 'deny', []],
  ])('with the annotation %s', (value, name, authorizations) => {
    const policy = policyOf([buildPod(annotation(value))]);
    expect(policy).toMatchObject({ server: builtIn(name), authorizations });
  });

  test('the pod annotation beats the namespace, the namespace beats the install', () => {
    const namespace = buildNamespace(annotation('audit'));
    expect(policyOf([namespace, buildPod()])?.server).toEqual(builtIn('audit'));
    expect(policyOf([namespace, buildPod(annotation('deny'))])?.server).toEqual(builtIn('deny'));
  });

  test.each([
    ['all-unauthenticated', 'all-authenticated'],
    ['cluster-unauthenticated', 'cluster-authenticated'],
    ['audit', 'all-authenticated'],
    ['deny', 'deny'],
  ])('that requires an identity turns %s into %s', (asked, given) => {
    const pod = buildPod({
      annotations: {
        'config.linkerd.io/default-inbound-policy': asked,
        'config.linkerd.io/proxy-require-identity-inbound-ports': '1,http',
      },
    });
    expect(policyOf([pod])?.server).toEqual(builtIn(given));
    expect(policyOf([pod], 9090)?.server).toEqual(builtIn(asked));
  });

  const opaque = (value: string) => ({ annotations: { 'config.linkerd.io/opaque-ports': value } });

  test.each<[string, readonly KubernetesObject[], number, string]>([
    ['of the default opaque ports', [buildPod()], 3306, 'opaque'],
    ['not among them', [buildPod()], 3307, 'detect'],
    ['in the pod annotation', [buildPod(opaque('9000-9010'))], 9005, 'opaque'],
    ['in the pod annotation by name', [buildPod(opaque('http'))], 8080, 'opaque'],
    ['only in the default, when the pod says otherwise', [buildPod(opaque(''))], 3306, 'detect'],
    ['in the namespace annotation', [buildNamespace(opaque('8080')), buildPod()], 8080, 'opaque'],
    [
      'only in the namespace annotation, when the pod says otherwise',
      [buildNamespace(opaque('8080')), buildPod(opaque('1'))],
      8080,
      'detect',
    ],
  ])('%s', (_, objects, port, kind) => {
    expect(policyOf(objects, port)?.protocol.kind).toBe(kind);
  });

  test('lets probes through, even under deny', () => {
    const pod = buildPod({
      ...annotation('deny'),
      probes: [
        { path: '/ready?verbose', port: 'http' },
        { path: 'alive', port: 8080 },
        { path: '/other', port: 9090 },
      ],
    });
    expect(policyOf([pod])).toMatchObject({
      protocol: { routes: [defaultRoute, probeRoute('/alive', '/ready')] },
      authorizations: [],
    });
  });
});

describe('the Server of a port', () => {
  test('replaces every default; its access policy is deny', () => {
    const pod = buildPod({ annotations: { 'config.linkerd.io/default-inbound-policy': 'all-unauthenticated' } });
    expect(policyOf([pod, buildServer()])).toEqual({
      server: resource('server', 'web'),
      protocol: { kind: 'detect', timeoutMs: 10_000, routes: [defaultRoute] },
      authorizations: [],
      serverIps: [orThrow(parseIp('10.0.0.1'))],
    });
  });

  test.each<[string, readonly KubernetesObject[], string]>([
    ['matches by number', [buildServer({ port: { kind: 'number', port: 8080 } })], 'web'],
    ['matches by name', [buildServer({ port: { kind: 'name', name: 'http' } })], 'web'],
    ['misses another number', [buildServer({ port: { kind: 'number', port: 8081 } })], 'all-authenticated'],
    ['misses another name', [buildServer({ port: { kind: 'name', name: 'grpc' } })], 'all-authenticated'],
    [
      'selects everything without a selector',
      [buildServer({ workloads: { kind: 'pods', selector: selectorOf({}) } })],
      'web',
    ],
    [
      'misses other labels',
      [buildServer({ workloads: { kind: 'pods', selector: selectorOf({ app: 'db' }) } })],
      'all-authenticated',
    ],
    [
      'never selects a pod of another namespace',
      [buildServer({ namespace: 'evil', workloads: { kind: 'pods', selector: selectorOf({}) } })],
      'all-authenticated',
    ],
    [
      'never selects a pod as an external workload',
      [buildServer({ workloads: { kind: 'externalWorkloads', selector: selectorOf({}) } })],
      'all-authenticated',
    ],
    ['is the oldest', [buildServer({ name: 'a', createdMs: 2 }), buildServer({ name: 'b', createdMs: 1 })], 'b'],
    ['is the first by name among equals', [buildServer({ name: 'b' }), buildServer({ name: 'a' })], 'a'],
  ])('%s', (_, servers, owner) => {
    expect(policyOf([...servers, buildPod()])?.server.name).toBe(owner);
  });

  test.each([
    ['unknown', 'detect'],
    ['HTTP/1', 'http1'],
    ['HTTP/2', 'http2'],
    ['gRPC', 'grpc'],
    ['opaque', 'opaque'],
    ['TLS', 'tls'],
  ] as const)('of protocol %s is %s', (proxyProtocol, kind) => {
    expect(policyOf([buildPod(), buildServer({ proxyProtocol })])?.protocol.kind).toBe(kind);
  });

  test('adds what its access policy allows', () => {
    expect(policyOf([buildPod(), buildServer({ accessPolicy: 'cluster-unauthenticated' })])?.authorizations).toEqual([
      grant(builtIn('cluster-unauthenticated'), anybody, cluster),
    ]);
  });
});

describe('a rate limit', () => {
  test('of the oldest policy holds', () => {
    const overrides = [{ requestsPerSecond: 5, serviceAccounts: [{ namespace: 'pay', name: 'api' }] }];
    const objects = [
      buildPod({ labels: meshedLabels('web') }),
      buildServer({ proxyProtocol: 'HTTP/1' }),
      buildRateLimit({ name: 'younger', createdMs: 2, total: 1 }),
      buildRateLimit({ name: 'elder', createdMs: 1, total: 100, identity: 10, overrides }),
    ];
    expect(policyOf(objects)?.protocol).toMatchObject({
      rateLimit: {
        ref: resource('httplocalratelimitpolicy', 'elder'),
        total: 100,
        identity: 10,
        overrides: [{ requestsPerSecond: 5, identities: ['api.pay.serviceaccount.identity.linkerd.cluster.local'] }],
      },
    });
  });

  const grpc = [buildPod(), buildServer({ proxyProtocol: 'gRPC' }), buildRateLimit()];

  test('of a gRPC Server holds, for gRPC calls alone', () => {
    expect(policyOf(grpc)?.protocol).toMatchObject({
      kind: 'http2',
      rateLimit: { total: 100 },
      routes: [{ rules: [{ matches: [{ method: 'POST', path: { kind: 'regex', value: '/[^/]+/[^/]+' } }] }] }],
    });
  });

  test('of a gRPC Server holds beside its routes', () => {
    const matches = [{ method: { kind: 'exact', service: 'shop.Cart' }, headers: [] }] as const;
    expect(policyOf([...grpc, buildGrpcRoute({ matches })])?.protocol).toMatchObject({
      kind: 'http2',
      rateLimit: { total: 100 },
      routes: [{ ref: { name: 'call' }, rules: [{ matches: [{ path: { kind: 'prefix', value: '/shop.Cart' } }] }] }],
    });
  });
});
