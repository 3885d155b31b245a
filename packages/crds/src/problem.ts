/** What is wrong with an object: where in it, what, and how to mend it. */

export interface Problem {
  /** An object with an error is refused; one with warnings is taken. */
  readonly severity: 'error' | 'warning';
  readonly path: ProblemPath;
  /** Reads on from the path: `"FETCH" is not an HTTP method; use one of GET, …`. */
  readonly message: string;
}

/** Field names and list positions from the object's root. */
export type ProblemPath = readonly (string | number)[];

const plainField = /^[A-Za-z_$][\w$-]*$/;

/** `['spec', 'rules', 0, 'a.b/c']` -> `spec.rules[0]["a.b/c"]`; empty for the object itself. */
export const formatPath = (path: ProblemPath): string => {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!plainField.test(part)) text += `[${quote(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
};

/** A problem on one line: path, colon, message. */
export const formatProblem = (problem: Problem): string => {
  const path = formatPath(problem.path);
  return path === '' ? problem.message : `${path}: ${problem.message}`;
};

const maxQuotedChars = 80;

/** A value as a message shows it: JSON on one line, cut when long. */
export const quote = (value: unknown): string => {
  if (typeof value === 'string') {
    return value.length > maxQuotedChars
      ? `${JSON.stringify(value.slice(0, maxQuotedChars))}… (${value.length} characters)`
      : JSON.stringify(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
};

/** `['a', 'b', 'c']` -> `a, b or c`. */
export const alternatives = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
