import { expect, test } from 'vitest';
import { WatchCell } from './watch-cell.ts';

test('subscribers hear changes only, until they leave', () => {
  const cell = new WatchCell(1);
  const heard: number[] = [];
  const leave = cell.subscribe((value) => heard.push(value));
  cell.set(1);
  cell.set(2);
  leave();
  cell.set(3);
  expect(heard).toEqual([2]);
  expect(cell.value).toBe(3);
});

test('an iteration starts with the current value, skips overwritten ones and ends when the cell closes', async () => {
  const cell = new WatchCell('a');
  const seen: string[] = [];
  const reading = (async () => {
    for await (const value of cell.changes()) {
      seen.push(value);
      if (value === 'a') {
        cell.set('b');
        cell.set('c');
      } else {
        cell.close();
      }
    }
  })();
  await reading;
  expect(seen).toEqual(['a', 'c']);
});

test('an iteration that waits ends when its signal aborts and leaves nothing behind', async () => {
  const cell = new WatchCell(0);
  const abort = new AbortController();
  const changes = cell.changes(abort.signal);
  await changes.next();
  const next = changes.next();
  abort.abort();
  expect((await next).done).toBe(true);
});

test('a subscriber added by a subscriber does not hear the change in progress', () => {
  const cell = new WatchCell(0);
  const heard: number[] = [];
  cell.subscribe(() => void cell.subscribe((value) => heard.push(value)));
  cell.set(1);
  expect(heard).toEqual([]);
});
