import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { DeadlineSweeper } from './sweeper.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('owners are swept on one timer that exists only while there are any', () => {
  const sweeper = new DeadlineSweeper(systemClock, 250);
  expect(vi.getTimerCount()).toBe(0);
  const times: number[] = [];
  const once = {
    sweep: (nowMs: number) => {
      times.push(nowMs);
      sweeper.remove(once);
    },
  };
  const other = { sweep: vi.fn() };
  sweeper.add(once);
  sweeper.add(other);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(750);
  expect(times).toHaveLength(1);
  expect(other.sweep).toHaveBeenCalledTimes(3);
  sweeper.remove(other);
  expect(vi.getTimerCount()).toBe(0);
});
