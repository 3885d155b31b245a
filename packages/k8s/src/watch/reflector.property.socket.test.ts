/** Whatever script of writes and faults an API server goes through, the cache in the end equals a fresh list. */
import * as fc from 'fast-check';
import { test } from 'vitest';
import { WatchedWidgets } from '../testing/watched-widgets.ts';

type Step = (cluster: WatchedWidgets) => void;

const named = (text: string, step: Step): Step => Object.assign(step, { toString: () => text });

const name = fc.constantFrom('a', 'b', 'c', 'd', 'é');

const write = fc.oneof(
  name.map((name) => named(`put ${name}`, (cluster) => cluster.put(name))),
  name.map((name) => named(`delete ${name}`, (cluster) => cluster.delete(name))),
  name.map((name) =>
    named(`remake ${name}`, (cluster) => {
      cluster.delete(name);
      cluster.put(name);
    }),
  ),
);

const answer = fc.constantFrom(
  { status: 410, reason: 'Expired' },
  { status: 429, retryAfterSeconds: 2 },
  { status: 404 },
  { status: 500 },
  { status: 503 },
  'drop' as const,
);

const breaks = fc.oneof(
  fc
    .tuple(fc.constantFrom('list' as const, 'page' as const, 'watch' as const), answer)
    .map(([on, answer]) => named(`fail ${on} ${JSON.stringify(answer)}`, ({ server }) => server.fail({ on, answer }))),
  fc
    .constantFrom('drop' as const, 'end' as const, 'stall' as const, 'expire' as const, 'garble' as const)
    .map((act) => named(act, ({ server }) => server.watches((watch) => watch[act]()))),
  fc.constant(named('compact', ({ server }) => server.store.compact())),
  fc.constant(named('bookmark', ({ server }) => server.sendBookmarks())),
);

const delivery = (reorders: fc.Arbitrary<boolean>): fc.Arbitrary<Step> =>
  fc
    .record({ duplicates: fc.boolean(), reorders, pieceBytes: fc.integer({ min: 1, max: 40 }) })
    .map((delivery) => named(JSON.stringify(delivery), ({ server }) => void (server.delivery = delivery)));

/** Some of what happens happens at once, some after answers have arrived. */
const pause = fc.integer({ min: 1, max: 300 }).map((ms) => named(`wait ${ms}`, ({ clock }) => clock.advance(ms)));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const neverMs = 24 * 3_600_000;

test.each([
  ['broken connections, refusals and lost history', [breaks, delivery(fc.constant(false))], neverMs],
  ['events out of order', [delivery(fc.constant(true))], neverMs],
  // An event that was overtaken and then lost with its connection leaves no trace: a list now and then finds it.
  ['all of that together', [breaks, delivery(fc.boolean())], 10_000],
])('the cache equals a fresh list after %s', async (_, faults, relistMs) => {
  const step = fc.oneof({ weight: 3, arbitrary: write }, ...faults, pause);
  const script = fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 25 });
  const tuning = { pageSize: 2, idleMs: 3_000, relistMs, absentMs: 1_000, watchSeconds: 5 };
  await fc.assert(
    fc.asyncProperty(script, fc.constantFrom(0, 0.3, 0.99), fc.boolean(), async (steps, random, isFromStart) => {
      await using cluster = await WatchedWidgets.create(tuning, () => random);
      cluster.put('a', 'b', 'c');
      cluster.run();
      if (!isFromStart) await cluster.settleEqual();
      for (const [step, isWaitedFor] of steps) {
        step(cluster);
        if (isWaitedFor) for (let turns = 0; turns < 20; turns++) await turn();
      }
      cluster.server.heal();
      await cluster.settle(() => {
        // What well-behaved servers do by themselves when a watch's time is up.
        if (relistMs !== neverMs && cluster.clock.nowMs() % 5_000 < 100) cluster.server.watches((watch) => watch.end());
        cluster.expectEqual();
      });
    }),
    // A failure takes its time to be sure; there is none left to shrink it.
    { numRuns: 40, endOnFailure: true },
  );
});
