import type { EndpointUpdate } from '@heddle/catalog';
import { expect, test } from 'vitest';
import { endpoint } from '../testing/policies.ts';
import { applyUpdate, type EndpointSet } from './endpoint-set.ts';

const add = (...addresses: readonly string[]): EndpointUpdate => ({
  kind: 'add',
  labels: {},
  endpoints: addresses.map((address) => endpoint(address)),
});
const remove = (...addresses: readonly string[]): EndpointUpdate => ({
  kind: 'remove',
  addresses: addresses.map((address) => endpoint(address).address),
});
const none = (exists: boolean): EndpointUpdate => ({ kind: 'noEndpoints', exists });

const [a, b, c] = ['10.1.0.1:80', '10.1.0.2:80', '[fd00::3]:80'] as const;

/** Streams of updates, one after the other; what is known at the end, `stale` when the last stream has told nothing. */
test.each<[string, readonly (readonly EndpointUpdate[])[], readonly string[] | 'stale']>([
  ['the first add', [[add(a, b)]], [a, b]],
  ['an empty one', [[add()]], []],
  ['adds accumulate', [[add(a), add(b, c)]], [a, b, c]],
  ['removes take away', [[add(a, b, c), remove(a, c)]], [b]],
  ['what is not there cannot go', [[add(a), remove(b)]], [a]],
  ['an add replaces what has the same address', [[add(a), add(a)]], [a]],
  ['no endpoints, but there is such a service', [[add(a), none(true)]], []],
  ['no such service', [[add(a), none(false)]], []],
  ['they come back', [[none(true), add(a)]], [a]],
  ['a new stream replaces all', [[add(a, b)], [add(c)]], [c]],
  ['a remove that begins a stream is about something else', [[add(a)], [remove(a)]], 'stale'],
  ['and does not keep the add after it from replacing', [[add(a, b)], [remove(a), add(c)]], [c]],
  ['nothing but a remove, ever', [[remove(a)]], 'stale'],
])('%s', (_what, streams, expected) => {
  let set: EndpointSet | undefined;
  for (const stream of streams)
    for (const [index, update] of stream.entries()) set = applyUpdate(set, update, index === 0);
  expect(set?.isStale === true ? 'stale' : [...(set?.endpoints.keys() ?? [])]).toEqual(expected);
});

test('stale sets keep what was known', () => {
  const known = applyUpdate(undefined, add(a), true);
  expect([...applyUpdate(known, remove(a), true).endpoints.keys()]).toEqual([a]);
});
