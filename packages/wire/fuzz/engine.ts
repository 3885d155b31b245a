/**
 * The fuzzer: mutates inputs, decodes each whole and cut at random, and reports inputs for which a target throws or for
 * which the two disagree. Guided by features: what an outcome shows for the first time keeps its input in the corpus.
 * Deterministic by seed; memory is bounded by the corpus and the feature set.
 */
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

export interface Failure {
  readonly target: string;
  readonly problem: string;
  readonly input: Buffer;
  readonly cuts: readonly number[];
}

export interface FuzzReport {
  readonly target: string;
  readonly executions: number;
  readonly features: number;
  readonly corpus: number;
  readonly failure: Failure | undefined;
}

export interface FuzzLimits {
  readonly maxInputBytes: number;
  readonly maxCorpus: number;
  readonly maxFeatures: number;
}

export const defaultFuzzLimits: FuzzLimits = { maxInputBytes: 4096, maxCorpus: 4096, maxFeatures: 200_000 };

export class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #random: Random;
  readonly #limits: FuzzLimits;
  readonly #dictionary: readonly Buffer[];
  readonly #corpus: Buffer[];
  readonly #features = new Set<string>();
  #executions = 0;
  #failure: Failure | undefined;

  constructor(target: FuzzTarget, seed: number, limits: FuzzLimits = defaultFuzzLimits) {
    this.#target = target;
    this.#random = new Random(seed);
    this.#limits = limits;
    this.#dictionary = target.dictionary.map((text) => Buffer.from(text, 'latin1'));
    this.#corpus = target.seeds.map((input) => Buffer.from(input));
  }

  get report(): FuzzReport {
    return {
      target: this.#target.name,
      executions: this.#executions,
      features: this.#features.size,
      corpus: this.#corpus.length,
      failure: this.#failure,
    };
  }

  /** The next input to try: first each seed, then mutations. */
  nextInput(): Buffer {
    const seed = this.#executions < this.#target.seeds.length ? this.#target.seeds[this.#executions] : undefined;
    if (seed !== undefined) return Buffer.from(seed);
    const base = this.#random.pick(this.#corpus) ?? Buffer.alloc(0);
    const other = this.#random.pick(this.#corpus) ?? base;
    return mutate(base, this.#random, { dictionary: this.#dictionary, other }, this.#limits.maxInputBytes);
  }

  /** Tries one input; false after a failure, which stands minimised in the report. */
  execute(input: Buffer): boolean {
    this.#executions++;
    const cuts = this.#cuts(input.length);
    const verdict = judge(this.#target, input, cuts);
    if (verdict.problem === undefined) {
      this.#learn(input, verdict.outcome);
      return true;
    }
    const minimal = minimise(this.#target, input, cuts);
    this.#failure = { target: this.#target.name, problem: verdict.problem, ...minimal };
    return false;
  }

  #learn(input: Buffer, outcome: string): void {
    let isNew = false;
    for (const feature of this.#target.features(outcome)) {
      if (this.#features.has(feature) || this.#features.size >= this.#limits.maxFeatures) continue;
      this.#features.add(feature);
      isNew = true;
    }
    if (!isNew || this.#executions <= this.#target.seeds.length) return;
    if (this.#corpus.length < this.#limits.maxCorpus) this.#corpus.push(Buffer.from(input));
    else this.#corpus[this.#random.below(this.#corpus.length)] = Buffer.from(input);
  }

  /** Where to cut: nowhere much, everywhere, or at a few places. */
  #cuts(length: number): number[] {
    if (length <= 1024 && this.#random.oneIn(4)) return Array.from({ length }, (_, i) => i);
    const count = 1 + this.#random.below(6);
    const cuts = Array.from({ length: count }, () => this.#random.below(length + 1));
    return cuts.toSorted((a, b) => a - b);
  }
}

type Verdict = { readonly problem: undefined; readonly outcome: string } | { readonly problem: string };

/** Decodes whole and cut, and compares. */
export const judge = (target: FuzzTarget, input: Buffer, cuts: readonly number[]): Verdict => {
  try {
    const whole = target.run(input, []);
    const cut = target.run(input, cuts);
    if (whole === cut) return { problem: undefined, outcome: whole };
    return { problem: `cut differently, found differently\n  whole: ${brief(whole)}\n  cut:   ${brief(cut)}` };
  } catch (error) {
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

/** Takes away what the failure does not need: halves first, then single octets, then cuts. */
const minimise = (
  target: FuzzTarget,
  input: Buffer,
  cuts: readonly number[],
): { input: Buffer; cuts: readonly number[] } => {
  let best = { input, cuts };
  let tries = 2000;
  const isFailure = (candidate: typeof best): boolean =>
    tries-- > 0 && judge(target, candidate.input, candidate.cuts).problem !== undefined;

  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= best.input.length; ) {
      const candidate = {
        input: Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + size)]),
        cuts: best.cuts.map((cut) => (cut <= at ? cut : Math.max(at, cut - size))),
      };
      if (isFailure(candidate)) best = candidate;
      else at += size;
    }
  }
  for (let i = best.cuts.length - 1; i >= 0; i--) {
    const candidate = { input: best.input, cuts: best.cuts.toSpliced(i, 1) };
    if (isFailure(candidate)) best = candidate;
  }
  return best;
};

const brief = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}… (${text.length})` : text);
