import { expect, test } from 'vitest';
import { atEndOfTick } from './end-of-tick.ts';

const nextImmediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('runs tasks in order, after what the current tick does', async () => {
  const seen: string[] = [];
  atEndOfTick(() => seen.push('first'));
  atEndOfTick(() => seen.push('second'));
  seen.push('now');
  await nextImmediate();
  expect(seen).toEqual(['now', 'first', 'second']);
});

test('keeps what a task adds for the next tick, and runs it once', async () => {
  const seen: string[] = [];
  atEndOfTick(() => {
    seen.push('outer');
    atEndOfTick(() => seen.push('inner'));
  });
  await nextImmediate();
  expect(seen).toEqual(['outer']);
  await nextImmediate();
  expect(seen).toEqual(['outer', 'inner']);
  await nextImmediate();
  expect(seen).toHaveLength(2);
});
