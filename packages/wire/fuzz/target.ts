/** What the fuzzer drives: one codec behind one function. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs to start from: well-formed ones go deep. */
  readonly seeds: readonly Buffer[];
  /** Texts (Latin-1) worth inserting anywhere. */
  readonly dictionary: readonly string[];
  /**
   * Decodes `bytes` cut at the given offsets (ascending, within `bytes`) and describes what was found, with adjacent
   * body pieces joined: the text must be the same for every way to cut. Must return, must not throw; throwing reports a
   * failure, so a target may check laws of its own.
   */
  readonly run: (bytes: Buffer, cuts: readonly number[]) => string;
  /** What is worth exploring further about an outcome: kinds of events, faults. An input with a new feature is kept. */
  readonly features: (outcome: string) => Iterable<string>;
}

/** The bytes cut at the offsets, as copies: a decoder that reads outside its chunk reads nothing of its neighbours. */
export const cutAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const offsets = [...cuts, bytes.length];
  return offsets.map((offset, i) => Buffer.from(bytes.subarray(offsets[i - 1] ?? 0, offset)));
};

/** Ends a run that finds more than its input can hold: a decoder that does not terminate. */
export const boundedLog = (bytes: Buffer): { readonly lines: string[]; readonly add: (line: string) => void } => {
  const lines: string[] = [];
  const most = 8 * bytes.length + 64;
  return {
    lines,
    add: (line) => {
      if (lines.push(line) > most) throw new Error(`more than ${most} findings in ${bytes.length} octets`);
    },
  };
};
