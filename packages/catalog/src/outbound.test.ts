import type { KubernetesObject } from '@heddle/crds/core';
import { orThrow, parseIp } from '@heddle/names';
import { describe, expect, test } from 'vitest';
import { type Catalog, createCatalog } from './catalog.ts';
import type { Backend, Distribution, OutboundHttpRoute, OutboundPolicy, OutboundRef } from './outbound-model.ts';
import { parseTarget, type Target } from './target.ts';
import { buildNamespace, buildPod, buildServer, buildService, buildSlice, testOptions } from './testing/index.ts';

const catalogOf = (objects: readonly KubernetesObject[]): Catalog => {
  const catalog = createCatalog(testOptions);
  catalog.reset(objects);
  return catalog;
};
const target = (text: string): Target => {
  const parsed = parseTarget(text, 'cluster.local');
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return parsed;
};

const service: OutboundRef = {
  kind: 'resource',
  group: 'core',
  resource: 'Service',
  namespace: 'shop',
  name: 'web',
  port: 80,
};
const backend: Backend = {
  ref: service,
  target: { kind: 'balancer', path: 'web.shop.svc.cluster.local:80', defaultRttMs: 30, decayMs: 10_000 },
  queue: { capacity: 100, failfastTimeoutMs: 3_000 },
};
const to = (destination: Backend): Distribution => ({ kind: 'firstAvailable', backends: [destination] });
const http = (destination: Backend): OutboundHttpRoute => ({
  ref: { kind: 'default', name: 'http' },
  hosts: [],
  rules: [
    {
      matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }],
      filters: [],
      distribution: to(destination),
    },
  ],
});
const opaque = (distribution: Distribution) =>
  ({ ref: { kind: 'default', name: 'opaq' }, filters: [], distribution }) as const;
const detect = (destination: Backend): OutboundPolicy['protocol'] => ({
  kind: 'detect',
  timeoutMs: 10_000,
  http1Routes: [http(destination)],
  http2Routes: [http(destination)],
  opaqueRoute: opaque(to(destination)),
});

describe('the outbound policy', () => {
  const policyOf = (objects: readonly KubernetesObject[], text: string) =>
    catalogOf(objects).outboundPolicy(target(text));
  const opaquePorts = (value: string) => ({ annotations: { 'config.linkerd.io/opaque-ports': value } });
  const egressRef: OutboundRef = { kind: 'default', name: 'egress-fallback' };

  test.each(['10.96.0.1:80', 'web.shop.svc.cluster.local:80', 'web.shop.svc.cluster.local'])(
    'of a Service (%s) detects the protocol and balances',
    (text) => {
      expect(policyOf([buildService()], text)).toEqual({
        kind: 'policy',
        policy: { ref: service, protocol: detect(backend) },
      });
    },
  );

  test.each<[string, readonly KubernetesObject[], string]>([
    ['http', [buildService({ ports: [{ port: 80, appProtocol: 'http' }] })], 'http1'],
    ['h2c', [buildService({ ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] })], 'http2'],
    ['raw TCP', [buildService({ ports: [{ port: 80, appProtocol: 'linkerd.io/tcp' }] })], 'opaque'],
    ['a protocol we do not know', [buildService({ ports: [{ port: 80, appProtocol: 'mysql' }] })], 'opaque'],
    ['opaque by its annotation', [buildService(opaquePorts('80'))], 'opaque'],
    [
      'opaque by its annotation and the port name',
      [buildService({ ...opaquePorts('db'), ports: [{ name: 'db', port: 80 }] })],
      'opaque',
    ],
    ['opaque by its namespace', [buildNamespace(opaquePorts('80')), buildService()], 'opaque'],
    [
      'detected where its own annotation overrides its namespace',
      [buildNamespace(opaquePorts('80')), buildService(opaquePorts(''))],
      'detect',
    ],
    [
      'http, whatever its annotation',
      [buildService({ ...opaquePorts('80'), ports: [{ port: 80, appProtocol: 'http' }] })],
      'http1',
    ],
  ])('of a port that is %s', (_, objects, kind) => {
    expect(policyOf(objects, '10.96.0.1:80')).toMatchObject({ policy: { protocol: { kind } } });
  });

  test('of a port that the Service does not define forbids', () => {
    expect(policyOf([buildService()], '10.96.0.1:81')).toEqual({
      kind: 'policy',
      policy: {
        ref: { ...service, port: 81 },
        protocol: { kind: 'opaque', route: { ...opaque({ kind: 'empty' }), filters: [{ kind: 'forbidden' }] } },
      },
    });
  });

  test('of an address outside the cluster forwards to it', () => {
    const endpoint = { address: { ip: orThrow(parseIp('192.0.2.1')), port: 443 }, weight: 10_000, labels: {} };
    expect(policyOf([], '192.0.2.1:443')).toEqual({
      kind: 'policy',
      policy: {
        ref: egressRef,
        protocol: detect({ ref: egressRef, target: { kind: 'forward', endpoint }, queue: backend.queue }),
      },
    });
  });

  test.each<[string, readonly KubernetesObject[], string]>([
    ['an unknown address of the cluster', [], '10.0.0.9:80'],
    ['a pod', [buildPod()], '10.0.0.1:80'],
    [
      'a pod outside the cluster networks, whose profile has its identity',
      [buildPod({ ip: '192.0.2.9' })],
      '192.0.2.9:80',
    ],
    ['an unknown Service', [buildService()], 'db.shop.svc.cluster.local:80'],
    ['an instance of a Service', [buildService()], 'web-0.web.shop.svc.cluster.local:80'],
    ['an ExternalName Service', [buildService({ type: 'ExternalName' })], 'web.shop.svc.cluster.local:80'],
  ])('is not found for %s', (_, objects, text) => {
    expect(policyOf(objects, text)).toEqual({ kind: 'notFound' });
  });
});

describe('the profile', () => {
  const profileOf = (objects: readonly KubernetesObject[], text: string) => catalogOf(objects).profile(target(text));
  const nothing = { kind: 'profile', profile: { isOpaque: false } };

  test.each(['10.96.0.1:80', 'web.shop.svc.cluster.local'])('of a Service (%s)', (text) => {
    expect(profileOf([buildService()], text)).toEqual({
      kind: 'profile',
      profile: {
        fullyQualifiedName: 'web.shop.svc.cluster.local',
        isOpaque: false,
        retryBudget: { ratio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
        parentRef: service,
      },
    });
  });

  test.each<[string, readonly KubernetesObject[], string]>([
    ['a port that the Service does not define', [buildService()], '10.96.0.1:81'],
    ['an unknown Service', [], 'web.shop.svc.cluster.local'],
    ['an unknown instance', [buildService(), buildSlice()], 'web-9.web.shop.svc.cluster.local'],
  ])('of %s is empty', (_, objects, text) => {
    expect(profileOf(objects, text)).toEqual(nothing);
  });

  const identity = 'web.shop.serviceaccount.identity.linkerd.cluster.local';

  test('of a pod is its endpoint, with identity and hints', () => {
    const objects = [buildPod(), buildServer({ proxyProtocol: 'opaque' })];
    expect(profileOf(objects, '10.0.0.1:8080')).toMatchObject({
      profile: { isOpaque: true, endpoint: { tls: { serverName: identity }, hint: { opaqueTransportPort: 4143 } } },
    });
  });

  const hostPort = { name: '', containerPort: 8080, protocol: 'TCP', hostPort: 30_080 } as const;
  const onNode = { hostIps: ['192.168.0.4'], containers: [{ ports: [hostPort] }] };

  test('of a port of a node that leads to a meshed pod is the endpoint of the pod', () => {
    expect(profileOf([buildPod(onNode)], '192.168.0.4:30080')).toMatchObject({
      profile: {
        endpoint: { address: { ip: orThrow(parseIp('10.0.0.1')), port: 8080 }, tls: { serverName: identity } },
      },
    });
    expect(catalogOf([buildPod(onNode)]).outboundPolicy(target('192.168.0.4:30080'))).toEqual({ kind: 'notFound' });
  });

  test.each<[string, readonly KubernetesObject[], number]>([
    ['leads to nobody', [buildPod(onNode)], 30_081],
    ['leads to a pod without a proxy', [buildPod({ ...onNode, labels: {} })], 30_080],
    ['a pod on the network of the node has', [buildPod({ ...onNode, hostNetwork: true })], 30_080],
  ])('of a port of a node that %s is the address alone', (_, objects, port) => {
    const endpoint = { address: { ip: orThrow(parseIp('192.168.0.4')), port }, weight: 10_000, labels: {} };
    expect(profileOf(objects, `192.168.0.4:${port}`)).toEqual({
      kind: 'profile',
      profile: { isOpaque: false, endpoint },
    });
  });

  test('of an instance of a Service is its endpoint', () => {
    const slice = buildSlice({ endpoints: [{ address: '10.0.0.1', pod: 'web', hostname: 'web-0' }] });
    expect(profileOf([buildPod(), buildService(), slice], 'web-0.web.shop.svc.cluster.local')).toMatchObject({
      profile: { isOpaque: false, endpoint: { address: { port: 8080 }, tls: { serverName: identity } } },
    });
  });

  test.each<[string, readonly KubernetesObject[]]>([
    ['nobody', []],
    ['a pod that has ended', [buildPod({ phase: 'Failed' })]],
    ['a pod on the network of its node', [buildPod({ hostNetwork: true })]],
  ])('of the address of %s is the address alone', (_, objects) => {
    expect(profileOf(objects, '10.0.0.1:8080')).toEqual({
      kind: 'profile',
      profile: {
        isOpaque: false,
        endpoint: { address: { ip: orThrow(parseIp('10.0.0.1')), port: 8080 }, weight: 10_000, labels: {} },
      },
    });
  });

  test('of an address that two pods have is that of the younger', () => {
    const pods = [buildPod({ name: 'old', serviceAccount: 'old', createdMs: 1 }), buildPod({ createdMs: 2 })];
    expect(profileOf(pods, '10.0.0.1:80')).toMatchObject({ profile: { endpoint: { tls: { serverName: identity } } } });
  });
});

test('two Services with one address are a conflict, not a guess', () => {
  const catalog = catalogOf([buildService(), buildService({ name: 'other' })]);
  const conflict = { kind: 'conflict', message: expect.stringContaining('10.96.0.1') };
  expect(catalog.profile(target('10.96.0.1:80'))).toEqual(conflict);
  expect(catalog.outboundPolicy(target('10.96.0.1:80'))).toEqual(conflict);
});

test.each([
  '',
  'web',
  'web.shop',
  'example.com:80',
  'a.b.web.shop.svc.cluster.local',
  '10.0.0.1:0',
  'web.shop.svc.other',
])('%j is no target', (text) => {
  expect(parseTarget(text, 'cluster.local')).toMatchObject({ kind: 'error' });
});
