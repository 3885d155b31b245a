import type { KubernetesObject } from '@heddle/crds/core';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';
import type { OutboundPolicy } from './outbound-model.ts';
import { parseTarget } from './target.ts';
import { buildEgressNetwork, buildPod, buildService, testOptions } from './testing/index.ts';

const outside = '192.0.2.1:443';

const answerOf = (objects: readonly KubernetesObject[], from?: string, text = outside) => {
  const catalog = createCatalog(testOptions);
  catalog.reset(objects);
  const target = parseTarget(text, 'cluster.local');
  if (target.kind === 'error') throw new Error(target.message);
  return catalog.outboundPolicy(target, from);
};
/** The name of what the policy is derived from. */
const parentOf = (objects: readonly KubernetesObject[], from?: string, text?: string) => {
  const answer = answerOf(objects, from, text);
  return answer.kind === 'policy' ? answer.policy.ref.name : answer.kind;
};

describe('the EgressNetwork that speaks of an address', () => {
  const own = (parts: Parameters<typeof buildEgressNetwork>[0]) => buildEgressNetwork(parts);
  const everybodys = (parts: Parameters<typeof buildEgressNetwork>[0]) =>
    buildEgressNetwork({ namespace: 'linkerd-egress', ...parts });

  test.each<[string, readonly KubernetesObject[], string | undefined, string]>([
    ['none: forwarded', [], 'shop', 'egress-fallback'],
    ['of the client', [own({ name: 'own' }), everybodys({ name: 'all' })], 'shop', 'own'],
    ['of everybody, for a client without one', [own({ name: 'own' }), everybodys({ name: 'all' })], 'pay', 'all'],
    ['of everybody, for a client nowhere', [own({ name: 'own' }), everybodys({ name: 'all' })], undefined, 'all'],
    [
      'of everybody, where none of the client speaks of it',
      [own({ name: 'own', cidrs: ['198.51.100.0/24'] }), everybodys({ name: 'all' })],
      'shop',
      'all',
    ],
    ['none of a third namespace', [own({ namespace: 'evil' })], 'shop', 'egress-fallback'],
    [
      'the most specific',
      [own({ name: 'wide', createdMs: -1, cidrs: ['192.0.0.0/8'] }), own({ name: 'narrow', cidrs: ['192.0.2.0/24'] })],
      'shop',
      'narrow',
    ],
    ['the oldest of equals', [own({ name: 'a', createdMs: 2 }), own({ name: 'b', createdMs: 1 })], 'shop', 'b'],
    ['the first by name of equals', [own({ name: 'b' }), own({ name: 'a' })], 'shop', 'a'],
    ['none that leaves it out', [own({ cidrs: ['192.0.2.0/24 except 192.0.2.1/32'] })], 'shop', 'egress-fallback'],
  ])('is %s', (_, objects, from, expected) => {
    expect(parentOf(objects, from)).toBe(expected);
    expect(parentOf(objects.toReversed(), from)).toBe(expected);
  });

  test.each<[string, readonly KubernetesObject[], string, string]>([
    ['a Service', [buildService(), own({ cidrs: ['10.0.0.0/8'] })], '10.96.0.1:80', 'web'],
    ['a pod: it has an identity', [buildPod(), own({ cidrs: ['10.0.0.0/8'] })], '10.0.0.1:80', 'notFound'],
    ['an unknown address of the cluster, unless named', [own({})], '10.9.9.9:80', 'notFound'],
  ])('is never asked for %s', (_, objects, text, expected) => {
    expect(parentOf(objects, 'shop', text)).toBe(expected);
  });

  test('is asked for an address of the cluster that is nobody and that it names', () => {
    expect(parentOf([own({ name: 'vms', cidrs: ['10.9.0.0/16'] })], 'shop', '10.9.9.9:80')).toBe('vms');
  });
});

describe('its traffic policy', () => {
  const policyOf = (trafficPolicy: 'Allow' | 'Deny'): OutboundPolicy => {
    const answer = answerOf([buildEgressNetwork({ trafficPolicy })], 'shop');
    if (answer.kind !== 'policy') throw new Error(answer.kind);
    return answer.policy;
  };

  test('Deny refuses requests with 403 and everything else as forbidden', () => {
    const { ref, protocol } = policyOf('Deny');
    expect(ref).toMatchObject({ resource: 'EgressNetwork', namespace: 'shop', name: 'outside', port: 443 });
    if (protocol.kind !== 'detect') throw new Error(protocol.kind);
    for (const [route] of [protocol.http1Routes, protocol.http2Routes]) {
      expect(route).toMatchObject({ ref: { name: 'http-egress-deny' }, hosts: [] });
      expect(route?.rules).toMatchObject([{ filters: [{ kind: 'failure', status: 403 }] }]);
    }
    expect(protocol.opaqueRoute.filters).toEqual([{ kind: 'forbidden' }]);
  });

  test('Allow forwards to the address', () => {
    const { protocol } = policyOf('Allow');
    if (protocol.kind !== 'detect') throw new Error(protocol.kind);
    const forward = { backends: [{ target: { kind: 'forward', endpoint: { address: { port: 443 } } } }] };
    expect(protocol.http1Routes).toMatchObject([
      { ref: { name: 'http-egress-allow' }, rules: [{ filters: [], distribution: forward }] },
    ]);
    expect(protocol.opaqueRoute).toMatchObject({ filters: [], distribution: forward });
  });
});

test.each([
  [undefined, true],
  [['192.0.2.0/24'], true],
  [['10.0.0.0/16'], false],
  [['0.0.0.0/0'], false],
  [['0.0.0.0/0 except 10.0.0.0/8'], true],
  [['0.0.0.0/0 except 10.0.0.0/9'], false],
])('EgressNetworks of %j are outside the cluster: %s', (cidrs, isTrue) => {
  const network = buildEgressNetwork(cidrs ? { cidrs } : {});
  const catalog = createCatalog(testOptions);
  catalog.reset([network]);
  expect(catalog.statuses()).toMatchObject([{ conditions: [{ type: 'Accepted', isTrue }] }]);
});
