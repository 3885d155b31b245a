/** Runs one target in a thread of its own, so that `main.ts` can see it hang, and with which input. */
import { parentPort, workerData } from 'node:worker_threads';
import { defaultFuzzLimits, Fuzzer, type FuzzReport } from './engine.ts';
import { targets } from './targets.ts';

export interface WorkerInput {
  readonly target: string;
  readonly seed: number;
  /** Stops after either. */
  readonly seconds: number;
  readonly executions: number;
  /** [executions, length of the current input] */
  readonly progress: Int32Array<SharedArrayBuffer>;
  /** The current input. */
  readonly current: Uint8Array<SharedArrayBuffer>;
}

export interface WorkerOutput {
  readonly report: FuzzReport;
  readonly heapBytes: number;
  readonly isFinal: boolean;
}

const input = workerData as WorkerInput;
const target = targets.find((candidate) => candidate.name === input.target);
if (target === undefined) throw new Error(`no fuzz target is called ${input.target}`);

const fuzzer = new Fuzzer(target, input.seed, defaultFuzzLimits);
const started = performance.now();
const post = (isFinal: boolean): void => {
  const output: WorkerOutput = { report: fuzzer.report, heapBytes: process.memoryUsage().heapUsed, isFinal };
  parentPort?.postMessage(output);
};

let isSound = true;
let nextReport = 30_000;
for (let count = 1; isSound && count <= input.executions; count++) {
  const bytes = fuzzer.nextInput();
  input.current.set(bytes);
  input.progress[1] = bytes.length;
  Atomics.store(input.progress, 0, count);
  isSound = fuzzer.execute(bytes);
  if (count % 64 === 0) {
    const elapsed = performance.now() - started;
    if (elapsed >= input.seconds * 1000) break;
    if (elapsed >= nextReport) {
      nextReport += 30_000;
      post(false);
    }
  }
}
post(true);
