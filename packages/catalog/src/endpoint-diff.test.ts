import { ipv4 } from '@heddle/names';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffEndpoints } from './endpoint-diff.ts';
import type { Endpoint, EndpointSet, EndpointUpdate } from './outbound-model.ts';

const endpoint = (bits: number, zone = 'a'): Endpoint => ({
  address: { ip: ipv4(bits), port: 80 },
  weight: 1,
  labels: { zone },
});
const setOf = (...endpoints: readonly Endpoint[]): EndpointSet => ({ labels: { service: 'web' }, endpoints });
const add = (...endpoints: readonly Endpoint[]): EndpointUpdate => ({
  kind: 'add',
  labels: { service: 'web' },
  endpoints,
});
const remove = (...bits: readonly number[]): EndpointUpdate => ({
  kind: 'remove',
  addresses: bits.map((value) => ({ ip: ipv4(value), port: 80 })),
});

test.each<[string, EndpointSet | undefined, EndpointSet, readonly EndpointUpdate[]]>([
  ['the first set, even when empty', undefined, setOf(), [add()]],
  ['the first set', undefined, setOf(endpoint(1)), [add(endpoint(1))]],
  ['nothing new', setOf(endpoint(1)), setOf(endpoint(1)), []],
  ['one more', setOf(endpoint(1)), setOf(endpoint(1), endpoint(2)), [add(endpoint(2))]],
  ['one less', setOf(endpoint(1), endpoint(2)), setOf(endpoint(2)), [remove(1)]],
  ['one changed', setOf(endpoint(1)), setOf(endpoint(1, 'b')), [add(endpoint(1, 'b'))]],
  ['one replaced', setOf(endpoint(1)), setOf(endpoint(2)), [remove(1), add(endpoint(2))]],
  ['the last one gone', setOf(endpoint(1)), setOf(), [remove(1)]],
])('%s', (_, before, after, updates) => {
  expect(diffEndpoints(before, after)).toEqual(updates);
});

test('a client that follows the updates has the newest set', () => {
  const sets = fc
    .uniqueArray(fc.tuple(fc.nat({ max: 8 }), fc.constantFrom('a', 'b')), { selector: ([bits]) => bits })
    .map((pairs) => setOf(...pairs.toSorted(([a], [b]) => a - b).map(([bits, zone]) => endpoint(bits, zone))));
  fc.assert(
    fc.property(fc.array(sets, { minLength: 1 }), (history) => {
      const client = new Map<string, Endpoint>();
      let before: EndpointSet | undefined;
      for (const after of history) {
        for (const update of diffEndpoints(before, after)) {
          if (update.kind === 'add') for (const one of update.endpoints) client.set(JSON.stringify(one.address), one);
          else if (update.kind === 'remove') for (const one of update.addresses) client.delete(JSON.stringify(one));
        }
        before = after;
      }
      expect(new Set(client.values())).toEqual(new Set(before?.endpoints));
    }),
  );
});
