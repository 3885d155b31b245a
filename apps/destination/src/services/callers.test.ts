import { type CallContext, RpcError } from '@heddle/api';
import { createCatalog } from '@heddle/catalog';
import { buildPod, testOptions } from '@heddle/catalog/testing';
import { describe, expect, test } from 'vitest';
import { admitClient, admitWorkload } from './callers.ts';

const web = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
const catalog = createCatalog(testOptions);
catalog.apply(buildPod({ nodeName: 'node-1' }));

const rules = { catalog, isSynced: () => true };
const callOf = (identity: string | undefined, isLoopbackCleartext = false): CallContext => ({
  identity,
  peerIp: '127.0.0.1',
  isLoopbackCleartext,
  signal: new AbortController().signal,
});
const outcome = (attempt: () => unknown): unknown => {
  try {
    return attempt();
  } catch (error) {
    return error instanceof RpcError ? error.code : error;
  }
};
const token = '{"ns":"shop","pod":"web"}\n';
const admitted = { kind: 'pod', namespace: 'shop', pod: 'web' };

describe('a caller that asks for a pod', () => {
  test.each<[string, string, CallContext, unknown]>([
    ['has its identity', token, callOf(web), admitted],
    ['has its identity, by the older token', 'shop:web', callOf(web), admitted],
    ['has another identity', token, callOf(`api.${web.slice(4)}`), 'permission-denied'],
    [
      'has the identity of the same account in another mesh',
      token,
      callOf(web.replace('linkerd', 'other')),
      'permission-denied',
    ],
    ['has no identity', token, callOf(undefined), 'permission-denied'],
    ['is a diagnostic tool on loopback', token, callOf(undefined, true), admitted],
    ['comes before the pod was seen', 'shop:later', callOf(web), 'unavailable'],
    ['is a diagnostic tool, and the pod was not seen', 'shop:later', callOf(undefined, true), 'unavailable'],
    ['says nothing readable', 'web', callOf(web), 'invalid-argument'],
    ['is an external workload', '{"ns":"shop","external_workload":"vm"}', callOf(web), 'permission-denied'],
  ])('%s', (_, text, call, expected) => {
    expect(outcome(() => admitWorkload(rules, text, call))).toEqual(expected);
  });

  test('waits until the state of the cluster is complete', () => {
    const early = { catalog, isSynced: () => false };
    expect(outcome(() => admitWorkload(early, token, callOf(web)))).toBe('unavailable');
    expect(outcome(() => admitClient(early, token, callOf(web)))).toBe('unavailable');
  });
});

describe('a client of discovery', () => {
  test.each<[string, string, CallContext, unknown]>([
    [
      'is on the node of its pod, whatever it says',
      '{"ns":"shop","pod":"web","nodeName":"else"}',
      callOf(web),
      { pod: { ...admitted, nodeName: 'else' }, nodeName: 'node-1' },
    ],
    ['has another identity', '{"ns":"shop","pod":"web"}', callOf('api.shop'), 'permission-denied'],
    ['names no pod', 'ns:shop', callOf(web), 'permission-denied'],
    ['names nothing', '', callOf(web), 'permission-denied'],
    ['is a diagnostic tool that names no pod', '', callOf(undefined, true), { pod: undefined, nodeName: undefined }],
    ['comes before its pod was seen', '{"ns":"shop","pod":"later"}', callOf(web), 'unavailable'],
    ['says nothing readable', '{', callOf(web), 'invalid-argument'],
  ])('%s', (_, text, call, expected) => {
    expect(outcome(() => admitClient(rules, text, call))).toEqual(expected);
  });
});
