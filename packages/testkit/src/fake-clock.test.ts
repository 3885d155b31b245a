import { sleep } from '@heddle/runtime';
import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';

test('timers run in order, each at its own moment, and repeat until cancelled', () => {
  const clock = new FakeClock(1_000_000);
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.nowMs()}`);
  clock.after(30, note('late'));
  clock.after(10, note('early'));
  const interval = clock.every(20, note('every'));
  clock.after(5, note('never')).cancel();
  clock.advance(40);
  expect(seen).toEqual(['early@10', 'every@20', 'late@30', 'every@40']);
  interval.cancel();
  clock.advance(1000);
  expect(seen).toHaveLength(4);
  expect(clock.pendingTimers).toBe(0);
  expect(clock.wallMs()).toBe(1_001_040);
});

test('the wall clock jumps without moving timers', () => {
  const clock = new FakeClock(0);
  let ran = false;
  clock.after(10, () => {
    ran = true;
  });
  clock.setWall(5_000_000);
  expect([ran, clock.wallMs(), clock.nowMs(), clock.nextTimerMs]).toEqual([false, 5_000_000, 0, 10]);
});

test('a loop of sleeps goes round once per interval', async () => {
  const clock = new FakeClock();
  let rounds = 0;
  const abort = new AbortController();
  const loop = (async () => {
    while (!abort.signal.aborted) {
      await sleep(clock, 10, abort.signal);
      rounds += 1;
    }
  })();
  await clock.advanceAsync(35);
  expect(rounds).toBe(3);
  abort.abort();
  await loop;
});
