/** One check: a name that says what holds when it is well, and a pure function of the facts. */
import type { ClusterFacts, Known } from './facts.ts';

export type Finding =
  | { readonly kind: 'ok'; readonly note?: string | undefined }
  | { readonly kind: 'warning' | 'error'; readonly lines: readonly string[]; readonly hint: string }
  /** It does not apply here. */
  | { readonly kind: 'skipped'; readonly reason: string };

export interface Check {
  readonly name: string;
  /** What it finds may mend itself soon: `--wait` asks again. */
  readonly mayMend?: boolean;
  /** Without it, nothing that follows makes sense. */
  readonly isFatal?: boolean;
  readonly run: (facts: ClusterFacts) => Finding;
}

export interface Category {
  /** Linkerd's, where it has one (features §2.11). */
  readonly name: string;
  /** Of which command lines it is part. */
  readonly when: (mode: CheckMode) => boolean;
  readonly checks: readonly Check[];
}

export interface CheckMode {
  /** Before an install. */
  readonly isPre: boolean;
  /** The data plane, too. */
  readonly isProxy: boolean;
}

export const ok = (note?: string): Finding => ({ kind: 'ok', note });
export const skipped = (reason: string): Finding => ({ kind: 'skipped', reason });
export const failed = (lines: readonly string[] | string, hint: string): Finding => ({
  kind: 'error',
  lines: typeof lines === 'string' ? [lines] : lines,
  hint,
});
export const warned = (lines: readonly string[] | string, hint: string): Finding => ({
  kind: 'warning',
  lines: typeof lines === 'string' ? [lines] : lines,
  hint,
});

/** Findings as errors, or `ok` without any. */
export const noneOf = (lines: readonly string[], hint: string): Finding =>
  lines.length === 0 ? ok() : failed(lines, hint);
export const noneOrWarned = (lines: readonly string[], hint: string): Finding =>
  lines.length === 0 ? ok() : warned(lines, hint);

/** What is not known is an error of its own: a check that could not look has not found that all is well. */
export const withKnown = <T>(known: Known<T>, look: (value: T) => Finding): Finding =>
  known.kind === 'known'
    ? look(known.value)
    : failed(`it could not be looked at: ${known.reason}`, 'ask with an account that may read it, or try again');
