import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RateLimit } from './model.ts';
import { RateLimiter, type RateVerdict } from './rate-limit.ts';
import { resourceRef } from './testing/index.ts';

const limiter = (limits: Partial<RateLimit>, maxIdentities?: number): RateLimiter =>
  new RateLimiter({ ref: resourceRef('httplocalratelimitpolicy', 'l'), overrides: [], ...limits }, { maxIdentities });

/** How many of `count` requests at one instant pass. */
const burst = (limits: RateLimiter, count: number, identity: string | undefined, nowMs: number): number =>
  Array.from({ length: count }, () => limits.check(identity, nowMs)).filter(({ kind }) => kind === 'pass').length;

const limited = (limit: string, requestsPerSecond: number): Partial<RateVerdict> =>
  ({ kind: 'limited', limit, requestsPerSecond }) as Partial<RateVerdict>;

test.each([1, 2, 3, 7, 10, 33, 100, 333, 1000, 9999])(
  'a total of %i per second passes a burst of as many, and refills evenly',
  (rate) => {
    const limits = limiter({ total: rate });
    expect(burst(limits, rate * 2, 'a', 5)).toBe(rate);
    expect(limits.check('a', 5)).toEqual(limited('total', rate));
    // Half the window brings back half of it, the whole window all.
    expect(burst(limits, rate * 2, 'a', 505)).toBe(Math.floor(rate / 2));
    expect(burst(limits, rate * 2, 'a', 5000)).toBe(rate);
  },
);

test('no limit passes everything', () => {
  for (const limits of [limiter({}), limiter({ total: 0, identity: 0 })])
    expect(burst(limits, 10_000, 'a', 0)).toBe(10_000);
});

test('each identity has its own limit, clients without one share theirs', () => {
  const limits = limiter({ identity: 3 });
  expect(burst(limits, 5, 'a', 0)).toBe(3);
  expect(burst(limits, 5, 'b', 0)).toBe(3);
  expect(burst(limits, 2, undefined, 0) + burst(limits, 5, undefined, 0)).toBe(3);
  expect(limits.check('a', 0)).toEqual(limited('identity', 3));
});

test('an override replaces the limit per identity, and is shared by its clients', () => {
  const overrides = [
    { requestsPerSecond: 5, identities: ['a', 'b'] },
    { requestsPerSecond: 0, identities: ['c'] },
  ];
  const limits = limiter({ identity: 1, overrides });
  expect(burst(limits, 3, 'a', 0) + burst(limits, 9, 'b', 0)).toBe(5);
  expect(limits.check('a', 0)).toEqual(limited('override', 5));
  // An override of nothing is none.
  expect(burst(limits, 3, 'c', 0)).toBe(1);
});

test('the total comes first', () => {
  expect(burst(limiter({ total: 2, identity: 5 }), 9, 'a', 0)).toBe(2);
});

test('a client over its own limit takes nothing from the others', () => {
  const limits = limiter({ total: 10, identity: 2 });
  expect(burst(limits, 1000, 'greedy', 0)).toBe(2);
  for (const identity of ['a', 'b', 'c', 'd']) expect(burst(limits, 2, identity, 0)).toBe(2);
});

test('a clock that goes back grants nothing', () => {
  const limits = limiter({ identity: 2 });
  expect(burst(limits, 5, 'a', 10_000)).toBe(2);
  expect(burst(limits, 5, 'a', 9_000)).toBe(0);
});

test('clients beyond the bound share one bucket, and are told apart again later', () => {
  const limits = limiter({ identity: 2 }, 10);
  for (let at = 0; at < 10; at++) expect(burst(limits, 5, `known-${at}`, 0)).toBe(2);
  expect(burst(limits, 5, 'beyond-1', 0) + burst(limits, 5, 'beyond-2', 0)).toBe(2);
  // Those who were counted apart still are.
  expect(burst(limits, 5, 'known-3', 600)).toBe(1);
  expect(burst(limits, 5, 'beyond-1', 5000) + burst(limits, 5, 'beyond-2', 5000)).toBe(4);
});

// The bucket written down the slow way: keep every passed request, count what still weighs.
test('forgetting idle clients never changes a verdict', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(60), fc.constantFrom('a', 'b', 'c')), { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), arrivals, (rate, gaps) => {
      const limits = limiter({ identity: rate });
      const fullAt = new Map<string, number>();
      let nowMs = 0;
      for (const [gap, identity] of gaps) {
        nowMs += gap * 5;
        const next = Math.max(fullAt.get(identity) ?? 0, nowMs) + 1000 / rate;
        const passes = next <= nowMs + 1000 + 1 / rate;
        if (passes) fullAt.set(identity, next);
        expect(limits.check(identity, nowMs).kind).toBe(passes ? 'pass' : 'limited');
      }
    }),
  );
});
