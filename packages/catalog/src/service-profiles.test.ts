import type { KubernetesObject } from '@heddle/crds/core';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
import { parseTarget } from './target.ts';
import { buildService, buildServiceProfile, testOptions } from './testing/index.ts';

const profileOf = (objects: readonly KubernetesObject[], from?: string, text = '10.96.0.1:80') => {
  const catalog = createCatalog(testOptions);
  catalog.reset([buildService(), ...objects]);
  const target = parseTarget(text, 'cluster.local');
  if (target.kind === 'error') throw new Error(target.message);
  const answer = catalog.profile(target, from);
  if (answer.kind !== 'profile') throw new Error(answer.message);
  return answer.profile;
};

describe('the ServiceProfile of a Service', () => {
  const route = {
    name: 'GET /books',
    condition: {
      kind: 'all',
      conditions: [
        { kind: 'method', method: 'GET' },
        { kind: 'path', regex: '/books' },
      ],
    },
    responseClasses: [{ condition: { kind: 'status', min: 500, max: 599 }, isFailure: true }],
    isRetryable: true,
    timeoutMs: 300,
  } as const;

  test('is told whole', () => {
    const written = buildServiceProfile({
      routes: [route],
      retryBudget: { retryRatio: 0.1, minRetriesPerSecond: 5, ttlMs: 20_000 },
      dstOverrides: [
        { authority: 'web-v2.shop.svc.cluster.local', weight: 0.5 },
        { authority: 'web-v1.shop.svc.cluster.local:8080', weight: 2 },
      ],
    });
    const { name, ...told } = route;
    expect(profileOf([written])).toMatchObject({
      fullyQualifiedName: 'web.shop.svc.cluster.local',
      isOpaque: false,
      retryBudget: { ratio: 0.1, minRetriesPerSecond: 5, ttlMs: 20_000 },
      parentRef: { resource: 'Service', name: 'web' },
      profileRef: { group: 'linkerd.io', resource: 'ServiceProfile', name: 'web.shop.svc.cluster.local' },
      routes: [{ ...told, labels: { route: name } }],
      overrides: [
        { authority: 'web-v2.shop.svc.cluster.local:80', weight: 500 },
        { authority: 'web-v1.shop.svc.cluster.local:8080', weight: 2000 },
      ],
    });
  });

  test('leaves the default budget where it names none', () => {
    expect(profileOf([buildServiceProfile()])).toMatchObject({
      retryBudget: { ratio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
    });
    expect(profileOf([buildServiceProfile()])).not.toHaveProperty('routes');
  });

  const own = buildServiceProfile();
  const clients = buildServiceProfile({ namespace: 'pay' });
  test.each([
    ["of the client's namespace before that of the Service", [own, clients], 'pay', 'pay'],
    ["of the Service's namespace for other clients", [own, clients], 'other', 'shop'],
    ["of the Service's namespace for a client of unknown namespace", [own, clients], undefined, 'shop'],
    ['none of a third namespace', [clients], 'other', undefined],
    ['none of another Service', [buildServiceProfile({ service: 'db.shop' })], 'shop', undefined],
  ] as const)('is that %s', (_, objects, from, namespace) => {
    const { profileRef } = profileOf(objects, from);
    expect(profileRef?.kind === 'resource' ? profileRef.namespace : undefined).toBe(namespace);
  });

  test.each([
    [[{ from: 79, to: 81 }], true],
    [[{ from: 81, to: 82 }], false],
  ])('makes ports opaque: %j', (opaquePorts, expected) => {
    expect(profileOf([buildServiceProfile({ opaquePorts })]).isOpaque).toBe(expected);
  });

  test('does not take back that the Service calls its port opaque', () => {
    const opaque = buildService({ annotations: { 'config.linkerd.io/opaque-ports': '80' } });
    expect(profileOf([opaque, buildServiceProfile({ opaquePorts: [{ from: 81, to: 81 }] })]).isOpaque).toBe(true);
  });

  test('says nothing of a port that the Service does not define', () => {
    expect(profileOf([buildServiceProfile({ routes: [route] })], 'shop', '10.96.0.1:81')).toEqual({ isOpaque: false });
  });
});
