import { expect, test } from 'vitest';
import { atEndOfTick, inOneTick } from './end-of-tick.ts';

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

test('whoever reads many sockets in one go ends the tick at once', async () => {
  const seen: string[] = [];
  atEndOfTick(() => seen.push('before'));
  inOneTick(() => {
    atEndOfTick(() => {
      seen.push('outer');
      atEndOfTick(() => seen.push('next'));
    });
    seen.push('read');
  }, undefined);
  expect(seen).toEqual(['read', 'before', 'outer']);
  await nextImmediate();
  expect(seen).toEqual(['read', 'before', 'outer', 'next']);
});

test('a read that fails ends the tick all the same', () => {
  const seen: string[] = [];
  expect(() =>
    inOneTick(() => {
      atEndOfTick(() => seen.push('done'));
      throw new Error('broken');
    }, undefined),
  ).toThrow('broken');
  expect(seen).toEqual(['done']);
});
