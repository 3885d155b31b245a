/** Where commands write: the process's streams, or a test's memory. */
export interface Output {
  /** The answer. */
  out(text: string): void;
  /** What went wrong. */
  error(text: string): void;
}

export const processOutput: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

/** How commands end: done, answered "no", or called wrongly (EX_USAGE of sysexits.h). */
export const exitCodes = { ok: 0, failed: 1, usage: 64 } as const;
