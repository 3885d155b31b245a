import { describe, expect, test } from 'vitest';
import { pickOfTwo } from './p2c.ts';
import { costOf, initialEwma, observeRtt } from './peak-ewma.ts';

const parameters = { defaultRttMs: 30, decayMs: 10_000 };

describe('peak EWMA', () => {
  test('a slow answer counts at once, fast ones wear it off', () => {
    const slow = observeRtt(initialEwma(parameters, 0), 500, 100, parameters);
    expect(slow.estimateMs).toBe(500);
    const afterOne = observeRtt(slow, 10, 200, parameters);
    expect(afterOne.estimateMs).toBeGreaterThan(490);
    const afterLong = observeRtt(slow, 10, 100_100, parameters);
    expect(afterLong.estimateMs).toBeCloseTo(10, 1);
  });

  test('cost grows with what is pending and shrinks with silence, never below the floor', () => {
    const state = initialEwma(parameters, 0);
    expect(costOf(state, 0, 0, parameters)).toBe(30);
    expect(costOf(state, 3, 0, parameters)).toBe(120);
    expect(costOf(state, 0, 10_000, parameters)).toBeCloseTo(30 / Math.E);
    expect(costOf(state, 0, 1e9, parameters)).toBe(1);
  });

  test('a clock that steps back changes nothing for the better', () => {
    const state = initialEwma(parameters, 1000);
    expect(costOf(state, 0, 0, parameters)).toBe(30);
  });
});

describe('power of two choices', () => {
  const pick = (costs: readonly (number | undefined)[], ...randoms: number[]): number =>
    pickOfTwo(
      costs.length,
      (index) => costs[index] !== undefined,
      (index) => costs[index] ?? 0,
      () => randoms.shift() ?? 0,
    );

  test.each([
    ['nobody', [], [0, 0], -1],
    ['nobody ready', [undefined, undefined], [0, 0], -1],
    ['one', [7], [0.9, 0.9], 0],
    ['one ready of many', [undefined, undefined, 7, undefined], [0, 0], 2],
    ['the cheaper of two', [5, 3], [0, 0], 1],
    ['the first when equal', [5, 5], [0.9, 0], 1],
    ['never a third', [5, 9, 1], [0, 0], 0],
  ])('%s', (_what, costs, randoms, expected) => {
    expect(pick(costs, ...randoms)).toBe(expected);
  });

  test('all endpoints of equal cost get about the same share', () => {
    const counts = [0, 0, 0, 0, 0];
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let i = 0; i < 10_000; i += 1) {
      const index = pickOfTwo(
        5,
        () => true,
        () => 1,
        random,
      );
      counts[index] = (counts[index] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(1600);
  });
});
