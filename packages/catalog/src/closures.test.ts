/** Whatever cannot be read, nobody gets where they could not have got if it could. */
import { keyOf } from '@heddle/crds';
import type { KubernetesObject } from '@heddle/crds/core';
import { orThrow, parseIp } from '@heddle/names';
import type { HttpRoute } from '@heddle/policy';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
import {
  buildAuthorizationPolicy,
  buildHttpRoute,
  buildPod,
  buildServer,
  buildUnreadable,
  selectorOf,
  testOptions,
} from './testing/index.ts';
import { policyOf, routesOf } from './testing/policies.ts';

const pod = buildPod({ probes: [{ path: '/healthz', port: 'http' }] });
const onAll = buildAuthorizationPolicy({ target: { kind: 'Namespace' }, requiredAuthentications: [] });
const server = buildUnreadable({
  standsFor: 'Server',
  closes: { kind: 'ports', selector: selectorOf({ app: 'web' }), port: 8080 },
});

describe('a port is closed', () => {
  test.each<[string, readonly KubernetesObject[]]>([
    ['by a Server', [pod, server]],
    ['by a Server, whatever its namespace is granted', [pod, server, onAll]],
    ['by a Server, however old another one is', [pod, server, onAll, buildServer({ name: 'other', createdMs: -1 })]],
    [
      'by a Server of all pods and ports',
      [pod, buildUnreadable({ closes: { kind: 'ports', selector: selectorOf({}) } })],
    ],
    [
      'by a route on its Server',
      [pod, buildServer(), onAll, buildUnreadable({ closes: { kind: 'servers', names: ['web'] } })],
    ],
    ['by a route on any Server', [pod, buildServer(), onAll, buildUnreadable()]],
    [
      'by a rate limit on its Server',
      [
        pod,
        buildServer(),
        onAll,
        buildUnreadable({ standsFor: 'HTTPLocalRateLimitPolicy', closes: { kind: 'servers', names: ['web'] } }),
      ],
    ],
  ])('%s', (_, objects) => {
    expect(policyOf(objects)).toMatchObject({ authorizations: [], protocol: { kind: 'detect' } });
  });

  test.each<[string, readonly KubernetesObject[]]>([
    ['of another port', [pod, { ...server, closes: { ...server.closes, port: 9090 } } as KubernetesObject]],
    ['of other pods', [pod, buildUnreadable({ closes: { kind: 'ports', selector: selectorOf({ app: 'api' }) } })]],
    [
      'of another namespace',
      [pod, buildUnreadable({ namespace: 'pay', closes: { kind: 'ports', selector: selectorOf({}) } })],
    ],
    [
      'of another Server',
      [pod, buildServer(), onAll, buildUnreadable({ closes: { kind: 'servers', names: ['api'] } })],
    ],
    ['of what grants', [pod, buildServer(), onAll, buildUnreadable({ closes: { kind: 'nothing' } })]],
  ])('but not by one %s', (_, objects) => {
    expect(policyOf(objects)?.authorizations).not.toEqual([]);
  });
});

const routeNames = (policy: ReturnType<typeof policyOf>): readonly string[] =>
  routesOf(policy).map((route) => (route as HttpRoute).ref.name);

test('the kubelet gets through where no route may have taken its call', () => {
  expect(routeNames(policyOf([pod, server]))).toEqual(['default', 'probe']);
  const route = buildHttpRoute();
  expect(routeNames(policyOf([pod, server, route]))).toEqual(['default']);
  expect(routeNames(policyOf([pod, buildServer(), buildUnreadable()]))).toEqual(['default']);
});

test('a mended resource takes the place of what stood for it', () => {
  const catalog = createCatalog(testOptions);
  catalog.reset([pod, server]);
  const changes = catalog.apply(buildServer({ proxyProtocol: 'HTTP/1' }));
  expect(changes.inbound.get('shop/web')).toBeDefined();
  expect(catalog.size).toBe(2);
  expect(catalog.inboundPolicy('shop', 'web', 8080)).toMatchObject({
    server: { kind: 'resource', name: 'web' },
    protocol: { kind: 'http1' },
  });
  catalog.delete(keyOf(server));
  expect(catalog.inboundPolicy('shop', 'web', 8080)).toMatchObject({ server: { kind: 'default' } });
});

test('what leaves the cluster stays in it while an EgressNetwork of the namespace cannot be read', () => {
  const outside = { kind: 'address', ip: orThrow(parseIp('192.0.2.1')), port: 443 } as const;
  const answerFor = (namespace: string): unknown => {
    const catalog = createCatalog(testOptions);
    catalog.reset([buildUnreadable({ standsFor: 'EgressNetwork', closes: { kind: 'egress' } })]);
    return catalog.outboundPolicy(outside, namespace);
  };
  expect(JSON.stringify(answerFor('shop'))).toContain('"forbidden"');
  expect(JSON.stringify(answerFor('pay'))).not.toContain('"forbidden"');
});

test('authors are told, of the resource and of the Servers it closes', () => {
  const catalog = createCatalog(testOptions);
  catalog.reset([
    pod,
    buildServer({ name: 'other' }),
    server,
    buildUnreadable({ closes: { kind: 'servers', names: ['other'] } }),
  ]);
  expect(catalog.status(keyOf(server))?.conditions).toEqual([
    expect.objectContaining({ type: 'Accepted', isTrue: false, reason: 'Invalid' }),
  ]);
  expect(catalog.status(keyOf(buildUnreadable()))?.parents).toEqual([
    expect.objectContaining({ conditions: [expect.objectContaining({ reason: 'UnsupportedValue' })] }),
  ]);
  expect(catalog.status(keyOf(buildServer({ name: 'other' })))?.conditions[0]).toMatchObject({
    isTrue: false,
    reason: 'ClosedByUnreadable',
  });
});

test("a route on a Server that cannot be read takes the kubelet's way, and that is told", () => {
  const catalog = createCatalog(testOptions);
  catalog.reset([pod, server]);
  const changes = catalog.apply(buildHttpRoute());
  expect(changes.inbound.get('shop/web')).toBe('all');
  expect(routeNames(catalog.inboundPolicy('shop', 'web', 8080))).toEqual(['default']);
});
