import { FakeApiServer } from '@heddle/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesApi } from '../api/kubernetes-api.ts';
import { apiOf } from '../testing/watched-widgets.ts';
import { withConditions, withParents } from './merge-status.ts';
import { writeStatus } from './write-status.ts';

const routes = { group: 'policy.linkerd.io', version: 'v1beta3', kind: 'HTTPRoute', plural: 'httproutes' };
const target = { kind: routes, namespace: 'shop', name: 'r' };
const accepted = { type: 'Accepted', isTrue: true, reason: 'Accepted', message: '' };
const refused = { type: 'Accepted', isTrue: false, reason: 'NoMatchingParent', message: 'there is no such Server' };
const parentRef = { kind: 'Server', name: 'web' };
const theirs = { parentRef: { name: 'gateway' }, controllerName: 'other/gateway', conditions: [] };

let server: FakeApiServer;
let api: KubernetesApi;
beforeEach(async () => {
  server = await FakeApiServer.start({ kinds: [routes] });
  api = apiOf(server);
  server.put(routes, {
    metadata: { namespace: 'shop', name: 'r', generation: 3 },
    spec: { hostnames: ['a'] },
    status: { parents: [theirs] },
  });
});
afterEach(async () => {
  api.close();
  await server[Symbol.asyncDispose]();
});

const write = (condition: typeof accepted, second: number, before?: () => void) =>
  writeStatus(api, target, (status, generation) => {
    before?.();
    const ours = [{ parentRef, conditions: [condition] }];
    return withParents(status, ours, 'linkerd.io/policy-controller', { wallMs: second * 1000, generation });
  });
const stored = () => server.store.get(routes, 'shop', 'r');
const entry = (status: string, second: number) => ({
  parentRef,
  controllerName: 'linkerd.io/policy-controller',
  conditions: [
    expect.objectContaining({ status, observedGeneration: 3, lastTransitionTime: `1970-01-01T00:00:0${second}Z` }),
  ],
});

test('the entries of other controllers stay, and so does the spec', async () => {
  expect(await write(accepted, 1)).toBe('written');
  expect(stored()).toMatchObject({ spec: { hostnames: ['a'] }, status: { parents: [theirs, entry('True', 1)] } });
});

test('nothing is written that is there already; a transition has the time of its turn', async () => {
  await write(accepted, 1);
  const version = stored()?.metadata.resourceVersion;
  expect(await write(accepted, 2)).toBe('unchanged');
  expect(stored()?.metadata.resourceVersion).toBe(version);
  expect(await write(refused, 3)).toBe('written');
  expect(stored()).toMatchObject({ status: { parents: [theirs, entry('False', 3)] } });
  await write({ ...refused, message: 'still none' }, 4);
  expect(stored()).toMatchObject({ status: { parents: [theirs, entry('False', 3)] } });
});

test('what another controller writes meanwhile is not lost', async () => {
  let rounds = 0;
  const more = { ...theirs, controllerName: 'third/controller' };
  const meddle = (): void => {
    if (rounds++ > 0) return;
    const { metadata } = stored()!;
    server.put(routes, { metadata, spec: {}, status: { parents: [theirs, more] } });
  };
  expect(await write(accepted, 1, meddle)).toBe('written');
  expect(stored()).toMatchObject({ status: { parents: [theirs, more, entry('True', 1)] } });
});

test('a writer that is always too late gives up, and one whose object is gone has nothing to do', async () => {
  const { metadata } = stored()!;
  expect(await write(accepted, 1, () => server.put(routes, { metadata }))).toBe('contended');
  server.delete(routes, 'shop', 'r');
  expect(await write(accepted, 1)).toBe('gone');
});

test('conditions of other types stay, ours that no longer hold go', () => {
  const other = { type: 'Programmed', status: 'True' };
  const past = { type: 'ProbesReachable', status: 'False' };
  const types = ['Accepted', 'ProbesReachable'];
  const stamp = { wallMs: 0, generation: 1 };
  expect(withConditions({ conditions: [other, past], extra: 1 }, [accepted], types, stamp)).toEqual({
    extra: 1,
    conditions: [other, expect.objectContaining({ type: 'Accepted', status: 'True', observedGeneration: 1 })],
  });
  expect(withConditions(undefined, [], types, stamp)).toEqual({ conditions: [] });
});
