import { expect, test } from 'vitest';
import type { Budget } from './budget.ts';
import { PeerBudgets } from './peer-budgets.ts';

const takeAll = (budget: Budget, nowMs: number): number => {
  let count = 0;
  while (budget.take(nowMs)) count++;
  return count;
};

test('connections of one peer share a budget, which outlives them', () => {
  const budgets = new PeerBudgets(5);
  expect(takeAll(budgets.of('web', '10.0.0.1', 0), 0)).toBe(50);
  expect(takeAll(budgets.of('web', '10.0.0.1', 1000), 1000)).toBe(5);
});

test('neither another identity, nor another address of the same, nor a client without one uses it up', () => {
  const budgets = new PeerBudgets(5);
  takeAll(budgets.of('web', '10.0.0.1', 0), 0);
  expect(takeAll(budgets.of('books', '10.0.0.1', 0), 0)).toBe(50);
  expect(takeAll(budgets.of('web', '10.0.0.2', 0), 0)).toBe(50);
  expect(takeAll(budgets.of('', '10.0.0.1', 0), 0)).toBe(50);
});

test('many peers cost a bounded memory, and those who used theirs are remembered first', () => {
  const budgets = new PeerBudgets(5);
  takeAll(budgets.of('attacker', '10.0.0.1', 0), 0);
  for (let peer = 0; peer < 3000; peer += 1) budgets.of('', `quiet-${peer}`, 0);
  expect(budgets.size).toBeLessThanOrEqual(2048);
  expect(takeAll(budgets.of('attacker', '10.0.0.1', 0), 0)).toBe(0);
  for (let peer = 0; peer < 10_000; peer += 1) budgets.of('', `busy-${peer}`, 0).take(0);
  expect(budgets.size).toBeLessThanOrEqual(4096);
});
