/** The fuzzer finds what is planted, and nothing in a short run of every target. The long run is `pnpm fuzz`. */
import { expect, test } from 'vitest';
import { Fuzzer, judge } from '../fuzz/engine.ts';
import type { FuzzTarget } from '../fuzz/target.ts';
import { targets } from '../fuzz/targets.ts';

const runs = 3000;

const fuzz = (target: FuzzTarget, seed: number, executions: number): Fuzzer => {
  const fuzzer = new Fuzzer(target, seed);
  for (let i = 0; i < executions; i++) if (!fuzzer.execute(fuzzer.nextInput())) break;
  return fuzzer;
};

test.each(targets.map((target) => [target.name, target] as const))('%s', (_, target) => {
  const { report } = fuzz(target, 1, runs);
  expect(report.failure).toBeUndefined();
  expect(report.executions).toBe(runs);
  expect(report.features).toBeGreaterThan(5);
});

const planted = (run: FuzzTarget['run']): FuzzTarget => ({
  name: 'planted',
  seeds: [Buffer.from('hello world')],
  dictionary: ['magic'],
  run,
  features: (outcome) => [outcome.slice(0, 20)],
});

test('an input that throws is found and made small', () => {
  const target = planted((bytes) => {
    if (bytes.includes('magic') && bytes.length > 8) throw new Error('planted');
    return '';
  });
  const { failure } = fuzz(target, 7, 5000).report;
  expect(failure?.problem).toContain('planted');
  expect(failure?.input.length).toBe(9);
  expect(failure?.input.toString('latin1')).toContain('magic');
});

test('a result that depends on where the input is cut is found and made small', () => {
  const target = planted((bytes, cuts) => `${bytes.length} ${cuts.some((cut) => bytes[cut - 1] === 13)}`);
  const { failure } = fuzz(target, 7, 20_000).report;
  expect(failure?.problem).toContain('cut differently');
  expect(failure?.input).toEqual(Buffer.from('\r'));
  expect(failure?.cuts).toHaveLength(1);
  expect(judge(target, Buffer.from('\r'), [1]).problem).toBeDefined();
});

test('the same seed gives the same run', () => {
  const [target] = targets;
  if (target === undefined) throw new Error('there are no targets');
  const inputs = (seed: number): string[] => {
    const fuzzer = new Fuzzer(target, seed);
    return Array.from({ length: 400 }, () => {
      const input = fuzzer.nextInput();
      fuzzer.execute(input);
      return input.toString('latin1');
    });
  };
  expect(inputs(5)).toEqual(inputs(5));
  expect(inputs(5)).not.toEqual(inputs(6));
});
