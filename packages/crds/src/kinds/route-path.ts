/** Paths that routes match. */
import { z } from 'zod';
import type { ReadContext } from '../definition.ts';
import { type ProblemPath, quote } from '../problem.ts';
import { fields, oneOf } from '../schema.ts';

export interface PathMatch {
  readonly kind: 'exact' | 'prefix' | 'regex';
  readonly value: string;
}

const kinds = { Exact: 'exact', PathPrefix: 'prefix', RegularExpression: 'regex' } as const;

/** `matches[].path`. */
export const pathMatch = () =>
  fields({
    type: oneOf('a path match', ['Exact', 'PathPrefix', 'RegularExpression']).default('PathPrefix'),
    value: z.string().max(1024).default('/'),
  });

/** What the proxy refuses in a request's path (400), so that a match on it never holds. */
const ambiguous = /\/\/|\/\.{1,2}(\/|$)|%2f|%5c|%2e|\\|[#?]/i;

/** Reads a path match; `refuseAmbiguous` makes an error of what is otherwise a warning. */
export const pathMatchFrom = (
  { type, value }: z.output<ReturnType<typeof pathMatch>>,
  refuseAmbiguous: boolean,
  path: ProblemPath,
  context: ReadContext,
): PathMatch => {
  const at = [...path, 'value'];
  if (type === 'RegularExpression') checkRegex(value, at, context);
  else if (!value.startsWith('/')) {
    context.fail(at, `${quote(value)} is not an absolute path; begin it with "/"`);
  } else if (ambiguous.test(value)) {
    const report = refuseAmbiguous ? context.fail : context.warn;
    report(
      at,
      `${quote(value)} never matches: requests whose path has "//", dot segments, "?", "#", "\\" or their encodings are refused`,
    );
  }
  return { kind: kinds[type], value };
};

/** Reports a regular expression that cannot be used. */
export const checkRegex = (pattern: string, path: ProblemPath, context: ReadContext): void => {
  const trouble = context.checkRegex(pattern);
  if (trouble !== undefined) context.fail(path, `${quote(pattern)} is not a regular expression (RE2): ${trouble}`);
};
