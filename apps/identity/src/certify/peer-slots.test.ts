import { expect, test } from 'vitest';
import { PeerSlots } from './peer-slots.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('runs up to its slots at a time per peer, lets more wait in order, refuses the rest, forgets idle peers', async () => {
  const slots = new PeerSlots({ running: 2, waiting: 2 });
  const order: string[] = [];
  const gates: (() => void)[] = [];
  const start = (peer: string, name: string): Promise<string | undefined> =>
    slots.run(peer, async () => {
      order.push(name);
      await new Promise<void>((resolve) => gates.push(resolve));
      return name;
    });
  const all = [
    start('a', 'a1'),
    start('a', 'a2'),
    start('a', 'a3'),
    start('a', 'a4'),
    start('a', 'a5'),
    start('b', 'b1'),
  ];
  expect(order).toEqual(['a1', 'a2', 'b1']);
  expect(await all[4]).toBeUndefined();
  expect(slots.busyPeers).toBe(2);
  while (gates.length > 0) {
    gates.shift()?.();
    await tick();
  }
  expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', undefined, 'b1']);
  expect(slots.busyPeers).toBe(0);
});

test('work that fails gives its slot back', async () => {
  const slots = new PeerSlots({ running: 1, waiting: 1 });
  const failing = slots.run('a', () => Promise.reject(new Error('no')));
  const next = slots.run('a', () => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
  expect(slots.busyPeers).toBe(0);
});
