import type { InboundPolicy } from '@heddle/policy';
import { anybody, grant, httpPolicy, httpRoute } from '@heddle/policy/testing';
import { FakeClock } from '@heddle/testkit';
import { expect, test } from 'vitest';
import { PolicyStore } from './policy-store.ts';

const open = httpPolicy([httpRoute('open', ['/*'], [grant('everybody', anybody)])]);
const closed = httpPolicy([httpRoute('open', ['/*'], [])]);

const setUp = (declared: readonly number[] = []) => {
  const clock = new FakeClock();
  const watched = new Map<number, (update: InboundPolicy | { readonly invalid: string }) => void>();
  const updates: string[] = [];
  const store = new PolicyStore({
    clock,
    holdMs: 3000,
    idleMs: 90_000,
    declaredPorts: new Set(declared),
    onUpdate: (port, state, revision) => updates.push(`${port} ${state.kind} ${revision}`),
    source: {
      watch: (port, onUpdate) => {
        watched.set(port, onUpdate);
        return { cancel: () => watched.delete(port) };
      },
    },
  });
  const tell = (port: number, update: InboundPolicy | { readonly invalid: string }): void =>
    watched.get(port)?.(update);
  return { clock, store, watched, updates, tell };
};

const acquired = (store: PolicyStore, port: number) => {
  const policy = store.acquire(port);
  if (policy === undefined) throw new Error('no policy');
  return policy;
};

test('declared ports are watched from the start and missed until their policy comes', () => {
  const { store, watched, tell } = setUp([80, 81]);
  expect([...watched.keys()]).toEqual([80, 81]);
  expect(store.missingPorts).toEqual([80, 81]);
  tell(80, open);
  expect(store.missingPorts).toEqual([81]);
  tell(81, { invalid: 'nonsense' });
  expect(store.missingPorts).toEqual([]);
});

test('a connection waits for the first policy, and not longer than it may', async () => {
  const { clock, store, tell } = setUp();
  const policy = acquired(store, 80);
  const inTime = store.whenKnown(policy);
  tell(80, open);
  expect((await inTime).kind).toBe('known');
  expect((await store.whenKnown(policy)).kind).toBe('known');

  const late = store.whenKnown(acquired(store, 81));
  clock.advance(3000);
  expect((await late).kind).toBe('unknown');
  expect(clock.pendingTimers).toBe(0);
});

test('what cannot be used replaces what was: nobody is served by an old policy that the control plane took back', () => {
  const { store, tell } = setUp();
  const policy = acquired(store, 80);
  tell(80, open);
  tell(80, { invalid: 'nonsense' });
  expect(policy.state.value).toEqual({ kind: 'invalid', reason: 'nonsense' });
});

test('an update that says the same disturbs nobody; one that differs is told', () => {
  const { store, tell, updates } = setUp();
  const policy = acquired(store, 80);
  tell(80, open);
  const before = policy.state.value;
  tell(80, structuredClone(open));
  expect(policy.state.value).toBe(before);
  tell(80, closed);
  expect(updates).toEqual(['80 known 1', '80 known 2']);
});

test('a rate limit that stays as it was keeps its counts through other changes', () => {
  const { store, tell } = setUp();
  const limited = (policy: InboundPolicy, total: number): InboundPolicy => ({
    ...policy,
    protocol: {
      kind: 'http1',
      routes: [],
      rateLimit: { ref: { kind: 'default', name: 'limit' }, total, overrides: [] },
    },
  });
  const policy = acquired(store, 80);
  const limiter = (): unknown => (policy.state.value.kind === 'known' ? policy.state.value.limiter : undefined);
  tell(80, limited(open, 5));
  const first = limiter();
  tell(80, { ...limited(open, 5), authorizations: [grant('more', anybody)] });
  expect(limiter()).toBe(first);
  tell(80, limited(open, 6));
  expect(limiter()).not.toBe(first);
});

test('an undeclared port is watched while it is used, and a while longer', () => {
  const { clock, store, watched } = setUp();
  store.acquire(90);
  store.acquire(90);
  store.release(90);
  clock.advance(1_000_000);
  expect(watched.has(90)).toBe(true);
  store.release(90);
  clock.advance(89_999);
  store.acquire(90);
  clock.advance(1_000_000);
  expect(watched.has(90)).toBe(true);
  store.release(90);
  clock.advance(90_000);
  expect(watched.has(90)).toBe(false);
});

test('a scan of ports does not open a watch for each', () => {
  const { store, watched } = setUp([1]);
  for (let port = 1; port <= 1000; port += 1) store.acquire(port);
  expect(watched.size).toBeLessThan(300);
  expect(store.acquire(2000)).toBeUndefined();
  expect(store.acquire(1)).toBeDefined();
});

test('a scan of ports neither opens a stream for each nor keeps those who come later out', () => {
  const { store, watched } = setUp([80]);
  for (let port = 10_000; port < 10_300; port += 1) {
    expect(store.acquire(port), String(port)).toBeDefined();
    store.release(port);
  }
  expect(watched.size).toBe(256 + 1);
  expect(watched.has(80)).toBe(true);
  // The ones used last are kept.
  expect([watched.has(10_000), watched.has(10_299)]).toEqual([false, true]);
});

test('ports in use are never forgotten for others: those are refused', () => {
  const { store, watched } = setUp([80]);
  for (let port = 10_000; port < 10_256; port += 1) expect(store.acquire(port)).toBeDefined();
  expect(store.acquire(9999)).toBeUndefined();
  expect(store.acquire(80)).toBeDefined();
  store.release(10_005);
  expect(store.acquire(9999)).toBeDefined();
  expect([watched.size, watched.has(10_005)]).toEqual([257, false]);
});
