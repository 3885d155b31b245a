import { expect, test } from 'vitest';
import { Sampler } from './sampler.ts';

test('lets a burst through, then the rate, and says what it left out', () => {
  const sampler = new Sampler(2);
  expect([0, 0, 0, 0].map((at) => sampler.take(at))).toEqual([0, 0, -1, -1]);
  expect(sampler.take(500)).toBe(2);
  expect(sampler.take(500)).toBe(-1);
  expect(sampler.take(60_000)).toBe(1);
});
