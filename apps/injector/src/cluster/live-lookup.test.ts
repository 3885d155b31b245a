import { ApiError, type ApiRequest } from '@heddle/k8s';
import { parseObject } from '@heddle/manifests';
import { createLogger } from '@heddle/telemetry';
import { FakeClock } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { KnownObjects } from './known-objects.ts';
import { LiveLookup, type LookupResult } from './live-lookup.ts';

const lookupWith = (call: (request: ApiRequest) => Promise<unknown>) => {
  const clock = new FakeClock();
  const results: LookupResult[] = [];
  const lookup = new LiveLookup({
    known: new KnownObjects(),
    api: { call },
    read: (value) => {
      const result = parseObject(value);
      return result.kind === 'object' ? result.object : undefined;
    },
    clock,
    log: createLogger({ name: 'injector', level: 'debug', write: () => {} }),
    onResult: (result) => results.push(result),
  });
  return { lookup, clock, results };
};

const namespaceOf = (name: string): unknown => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const untilAborted = ({ signal }: ApiRequest): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new ApiError('aborted', { status: 0 })));
  });

test('who asks at the same time shares one question; afterwards it is asked anew', async () => {
  const asked: string[] = [];
  const { lookup } = lookupWith(({ path }) => {
    asked.push(path);
    return Promise.resolve(namespaceOf('shop'));
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => lookup.annotationsOf('shop')));
  expect(answers).toEqual(Array.from({ length: 50 }, () => ({})));
  expect(asked).toEqual(['/api/v1/namespaces/shop']);
  await lookup.annotationsOf('shop');
  expect(asked).toHaveLength(2);
});

test('an API server that says nothing is not waited for, nor asked about ever more namespaces', async () => {
  const { lookup, clock, results } = lookupWith(untilAborted);
  const answers = Promise.all(Array.from({ length: 20 }, (_, index) => lookup.annotationsOf(`ns-${index}`)));
  // All have asked once those beyond the limit are refused.
  await expect.poll(() => results).toEqual(['overloaded', 'overloaded', 'overloaded', 'overloaded']);
  clock.advance(3_000);
  expect(await answers).toEqual(Array.from({ length: 20 }));
  expect(results.filter((result) => result === 'failed')).toHaveLength(16);
});

test.each([
  ['another namespace', namespaceOf('other')],
  ['something else', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'shop', namespace: 'shop' } }],
  ['nonsense', 'yes'],
])('an answer about %s is none', async (_, answer) => {
  const { lookup, results } = lookupWith(() => Promise.resolve(answer));
  expect(await lookup.annotationsOf('shop')).toBeUndefined();
  expect(results).toEqual(['failed']);
});
