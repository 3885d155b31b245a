import { describe, expect, test } from 'vitest';
import { Budget } from './budget.ts';
import { RecentResets } from './recent-resets.ts';

const takeAll = (budget: Budget, nowMs: number): number => {
  let count = 0;
  while (budget.take(nowMs)) count++;
  return count;
};

describe('a budget', () => {
  test('allows ten seconds at once, then its rate', () => {
    const budget = new Budget(5, 1000);
    expect(takeAll(budget, 1000)).toBe(50);
    expect(takeAll(budget, 1199)).toBe(0);
    expect(takeAll(budget, 1200)).toBe(1);
    expect(takeAll(budget, 3200)).toBe(10);
    expect(takeAll(budget, 1_000_000)).toBe(50);
  });

  test('a clock that stands still or goes back gives nothing', () => {
    const budget = new Budget(5, 1000);
    takeAll(budget, 1000);
    expect(takeAll(budget, 0)).toBe(0);
    expect(takeAll(budget, 1200)).toBe(1);
  });

  test('what is earned comes back, never more than there was', () => {
    const budget = new Budget(5, 0);
    takeAll(budget, 0);
    budget.refund(3);
    expect(takeAll(budget, 0)).toBe(3);
    budget.refund(1000);
    expect(takeAll(budget, 0)).toBe(50);
  });
});

test('resets are remembered up to a number; then none is held against the peer', () => {
  const resets = new RecentResets();
  for (let id = 1; id < 2048; id += 2) resets.add(id);
  expect([resets.mayInclude(1), resets.mayInclude(2047), resets.mayInclude(2049)]).toEqual([true, true, false]);
  resets.add(2049);
  expect([resets.mayInclude(1), resets.mayInclude(9999)]).toEqual([true, true]);
});
