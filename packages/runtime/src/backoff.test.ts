import { expect, test } from 'vitest';
import { Backoff, backoffMs } from './backoff.ts';

const policy = { minMs: 100, maxMs: 60_000, jitterRatio: 0.1 };

test.each([
  [0, 0, 100],
  [1, 0, 200],
  [1, 0.5, 210],
  [9, 0, 51_200],
  [10, 0, 60_000],
  [10_000, 0, 60_000],
])('attempt %d with random %d waits %d ms', (attempt, random, expected) => {
  expect(backoffMs(policy, attempt, random)).toBeCloseTo(expected);
});

test('a backoff grows with failures in a row and starts anew after a success', () => {
  const backoff = new Backoff(policy, () => 0);
  expect([backoff.next(), backoff.next()]).toEqual([100, 200]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
