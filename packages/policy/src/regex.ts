/**
 * Regular expressions of users: RE2 syntax, matched in time linear in the input, anchored at both ends, bounded in size.
 * An expression that does not compile has no value here; who compiles a route decides what that means (it is refused).
 */
import { RE2JS } from 're2js';

export interface Regex {
  readonly pattern: string;
  readonly program: RE2JS;
}

/** The longest pattern, and the most instructions it may compile to: matching costs at most instructions x input. */
export const regexLimits = { patternLength: 4096, programSize: 1000 } as const;

/** Compiles a pattern; says why it cannot be used otherwise. */
export const compileRegex = (pattern: string): Regex | { readonly problem: string } => {
  if (pattern.length > regexLimits.patternLength) {
    return { problem: `the expression is longer than ${regexLimits.patternLength} characters` };
  }
  try {
    const program = RE2JS.compile(pattern);
    const size = program.programSize();
    return size > regexLimits.programSize
      ? { problem: `the expression needs ${size} instructions; at most ${regexLimits.programSize} are allowed` }
      : { pattern, program };
  } catch (error) {
    return { problem: `the expression is not RE2 syntax (${error instanceof Error ? error.message : String(error)})` };
  }
};

/** Whether the whole text matches. */
export const matchesRegex = (regex: Regex, text: string): boolean => regex.program.testExact(text);
