import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sleep, systemClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('systemClock', () => {
  test('a cancelled task never runs', () => {
    const task = vi.fn();
    systemClock.after(10, task).cancel();
    vi.advanceTimersByTime(100);
    expect(task).not.toHaveBeenCalled();
  });

  test('a delay longer than timers keep does not fire at once', () => {
    const task = vi.fn();
    systemClock.after(365 * 86_400_000, task);
    vi.advanceTimersByTime(1000);
    expect(task).not.toHaveBeenCalled();
  });

  test('every repeats until cancelled', () => {
    const task = vi.fn();
    const timer = systemClock.every(10, task);
    vi.advanceTimersByTime(35);
    timer.cancel();
    vi.advanceTimersByTime(100);
    expect(task).toHaveBeenCalledTimes(3);
  });
});

describe('sleep', () => {
  test('ends after the delay', async () => {
    const slept = sleep(systemClock, 50);
    vi.advanceTimersByTime(50);
    await slept;
  });

  test('ends at once when aborted, before or meanwhile', async () => {
    const abort = new AbortController();
    const slept = sleep(systemClock, 1e9, abort.signal);
    abort.abort();
    await slept;
    await sleep(systemClock, 1e9, abort.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
