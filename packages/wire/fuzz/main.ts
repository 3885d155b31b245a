/**
 * Command line of the fuzzer, one target a process:
 *
 *   node packages/wire/fuzz/main.ts --target http1-request --seconds 60 --seed 1
 *   node packages/wire/fuzz/main.ts --list
 *   node packages/wire/fuzz/main.ts --reproduce FOLDER
 *
 * Exits 0 if nothing was found, 1 if a failure was found (its reproducer is saved in a temporary folder), 64 for wrong
 * arguments.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { defaultFuzzLimits, type Failure, judge } from './engine.ts';
import { targets } from './targets.ts';
import type { WorkerInput, WorkerOutput } from './worker.ts';

/** A single input that takes longer is taken for one that does not terminate. */
const hangSeconds = 10;

const usage = 'usage: main.ts --target NAME [--seconds N] [--seed S] [--executions N] | --list | --reproduce FOLDER';

const fail = (text: string): never => {
  console.error(text);
  process.exit(64);
};

const number = (text: string | undefined, otherwise: number, name: string): number => {
  const value = text === undefined ? otherwise : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : fail(`--${name} is not a number: ${text}\n${usage}`);
};

const save = (failure: Failure, seed: number): string => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-fuzz-'));
  writeFileSync(join(folder, 'input.bin'), failure.input);
  const { target, problem, cuts } = failure;
  writeFileSync(join(folder, 'failure.json'), `${JSON.stringify({ target, seed, problem, cuts }, null, 2)}\n`);
  return folder;
};

const printFailure = (failure: Failure, seed: number): void => {
  const folder = save(failure, seed);
  console.error(`${failure.target}: FAILED: ${failure.problem}`);
  console.error(`  input (${failure.input.length}): ${JSON.stringify(failure.input.toString('latin1'))}`);
  console.error(`  cuts: ${failure.cuts.join(',') || 'none'}`);
  console.error(`  reproduce: node packages/wire/fuzz/main.ts --reproduce ${folder}`);
};

const reproduce = (folder: string): number => {
  const failure = JSON.parse(readFileSync(join(folder, 'failure.json'), 'utf8')) as Failure;
  const target = targets.find((candidate) => candidate.name === failure.target);
  if (target === undefined) return fail(`no fuzz target is called ${failure.target}`);
  const { problem } = judge(target, readFileSync(join(folder, 'input.bin')), failure.cuts);
  console.log(problem === undefined ? `${failure.target}: the failure is gone` : `${failure.target}: ${problem}`);
  return problem === undefined ? 0 : 1;
};

/** Runs one target; resolves with the exit code. */
const fuzz = async (target: string, seconds: number, seed: number, executions: number): Promise<number> => {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const current = new Uint8Array(new SharedArrayBuffer(defaultFuzzLimits.maxInputBytes * 4));
  const workerData: WorkerInput = { target, seed, seconds, executions, progress, current };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<number>();

  let seen = -1;
  let since = performance.now();
  const watchdog = setInterval(() => {
    const count = Atomics.load(progress, 0);
    if (count !== seen) {
      seen = count;
      since = performance.now();
    } else if (performance.now() - since > hangSeconds * 1000) {
      const input = Buffer.from(current.slice(0, progress[1]));
      printFailure({ target, problem: `one input took more than ${hangSeconds} s`, input, cuts: [] }, seed);
      resolve(1);
    }
  }, 500);

  worker.on('message', ({ report, heapBytes, isFinal }: WorkerOutput) => {
    const elapsed = Math.round((performance.now() - started) / 1000);
    const figures = `${report.executions} executions, ${report.features} features, corpus ${report.corpus}`;
    const state = isFinal ? (report.failure === undefined ? 'ok' : 'FAILED') : 'running';
    console.log(
      `${target}: ${figures}, seed ${seed}, ${elapsed} s, heap ${(heapBytes / 2 ** 20).toFixed(0)} MiB: ${state}`,
    );
    if (!isFinal) return;
    if (report.failure !== undefined) printFailure(report.failure, seed);
    resolve(report.failure === undefined ? 0 : 1);
  });
  worker.on('error', (error) => {
    console.error(`${target}: the fuzzer itself failed:`, error);
    resolve(1);
  });
  const code = await promise;
  clearInterval(watchdog);
  await worker.terminate();
  return code;
};

const options = {
  target: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string' },
  executions: { type: 'string' },
  reproduce: { type: 'string' },
  list: { type: 'boolean' },
} as const;

const parse = () => {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
};
const args = parse();
if (args.list === true) {
  for (const target of targets) console.log(target.name);
} else if (args.reproduce !== undefined) {
  process.exitCode = reproduce(args.reproduce);
} else {
  const known = targets.some((candidate) => candidate.name === args.target);
  if (args.target === undefined || !known)
    fail(`--target is one of ${targets.map((t) => t.name).join(', ')}\n${usage}`);
  const executions = number(args.executions, Number.MAX_SAFE_INTEGER, 'executions');
  const seconds = number(args.seconds, 10, 'seconds');
  const seed = number(args.seed, 1, 'seed');
  process.exitCode = await fuzz(args.target ?? '', seconds, seed, executions);
}
