import { FakeClock } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { HandshakeGate } from './handshake-gate.ts';

const limits = { maxPending: 100, maxPendingPerPeer: 10, ratePerSecond: 100, burst: 2 };

test('starts a burst at once and the rest at the rate, first come first served', async () => {
  const clock = new FakeClock();
  const gate = new HandshakeGate({ clock, ...limits });
  const started: number[] = [];
  for (let id = 0; id < 6; id += 1) void gate.enter('10.0.0.1')?.then(() => started.push(id));
  await clock.advanceAsync(0);
  expect(started).toEqual([0, 1]);
  await clock.advanceAsync(20);
  expect(started).toEqual([0, 1, 2, 3]);
  await clock.advanceAsync(20);
  expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  expect(clock.pendingTimers).toBe(0);
});

test('a pause earns no more than a burst', async () => {
  const clock = new FakeClock();
  const gate = new HandshakeGate({ clock, ...limits });
  clock.advance(60_000);
  let started = 0;
  for (let id = 0; id < 5; id += 1) {
    void gate.enter('10.0.0.1')?.then(() => {
      started += 1;
    });
  }
  await clock.advanceAsync(0);
  expect(started).toBe(2);
});

test('one peer cannot take the places of the others', async () => {
  const clock = new FakeClock();
  const gate = new HandshakeGate({ clock, ...limits, burst: 100 });
  const held = Array.from({ length: 12 }, () => gate.enter('10.0.0.1'));
  expect(held.filter((place) => place === undefined)).toHaveLength(2);
  expect(gate.enter('10.0.0.2')).toBeDefined();
  const release = await held[0];
  release?.();
  release?.();
  expect(gate.pending).toBe(10);
  expect(gate.enter('10.0.0.1')).toBeDefined();
  expect(gate.enter('10.0.0.1')).toBeUndefined();
});

test('the whole is bounded too', () => {
  const gate = new HandshakeGate({ clock: new FakeClock(), ...limits });
  const places = Array.from({ length: 101 }, (_, peer) => gate.enter(`10.0.0.${peer}`));
  expect(places.filter((place) => place === undefined)).toHaveLength(1);
  expect(gate.pending).toBe(100);
});
