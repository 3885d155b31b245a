import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { Drain } from './drain.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('draining tells every holder and ends when the last one releases', async () => {
  const drain = new Drain();
  const told: string[] = [];
  const first = drain.hold(() => told.push('first'));
  const second = drain.hold(() => told.push('second'));
  const done = drain.begin(systemClock, 1000);
  expect(told).toEqual(['first', 'second']);
  first.release();
  first.release();
  expect(drain.openHolds).toBe(1);
  second.release();
  expect(await done).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('draining without holders is done at once', async () => {
  expect(await new Drain().begin(systemClock, 1000)).toBe(true);
});

test('draining gives up after its grace', async () => {
  const drain = new Drain();
  drain.hold(() => {});
  const done = drain.begin(systemClock, 1000);
  vi.advanceTimersByTime(1000);
  expect(await done).toBe(false);
});

test('whoever comes while draining is told at once, exactly once', async () => {
  const drain = new Drain();
  const told: string[] = [];
  drain
    .hold(() => {
      told.push('outer');
      drain.hold(() => told.push('inner')).release();
    })
    .release();
  const hold = drain.hold(() => {
    drain.hold(() => told.push('late'));
  });
  void drain.begin(systemClock, 1);
  hold.release();
  expect(told).toEqual(['late']);
});
