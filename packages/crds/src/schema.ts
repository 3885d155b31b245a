/**
 * The words our schemas are written in. They are plain zod (so that a CRD's structural schema can be generated from
 * them); what is added here are the error texts, which say what is wrong and how to mend it.
 */
import { z } from 'zod';
import { nearest } from './nearest.ts';
import { alternatives, type Problem, type ProblemPath, quote } from './problem.ts';

type RawIssue = z.core.$ZodRawIssue;

/** An object with exactly these fields. An unknown one is answered with the known one it resembles. */
export const fields = <const S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> =>
  z.strictObject(shape, { error: (issue) => unknownFieldText(issue, Object.keys(shape)) });

/** One line per unknown key, in the order of `issue.keys`. */
const unknownFieldText = (issue: RawIssue, known: readonly string[]): string | undefined => {
  if (issue.code !== 'unrecognized_keys') return undefined;
  return issue.keys
    .map((key) => {
      const meant = nearest(key, known);
      const mend = meant === undefined ? `the fields here are ${known.join(', ')}` : `did you mean ${meant}?`;
      return `unknown field; ${mend}`;
    })
    .join('\n');
};

/** One of a few words. `noun` reads after "is not": "an HTTP method". */
export const oneOf = <const T extends readonly [string, ...string[]]>(
  noun: string,
  words: T,
): z.ZodEnum<z.core.util.ToEnum<T[number]>> =>
  z.enum(words, {
    error: (issue) => {
      if (issue.input === undefined || issue.input === null) return undefined;
      return `${quote(issue.input)} is not ${noun}; use one of ${words.join(', ')}`;
    },
  });

/** Text of a given form. `noun` reads after "is not"; `mend` says what the form is. */
export const textLike = (pattern: RegExp, noun: string, mend: string, maxChars: number, minChars = 1): z.ZodString =>
  z
    .string()
    .min(minChars)
    .max(maxChars)
    .regex(pattern, { error: (issue) => `${quote(issue.input)} is not ${noun}; ${mend}` });

/** A port number. */
export const portNumber = (): z.ZodInt =>
  z
    .int({ error: (issue) => (typeof issue.input === 'string' ? notNumber(issue.input) : undefined) })
    .min(1)
    .max(65535);

const notNumber = (text: string): string =>
  /^\d+$/.test(text)
    ? `${quote(text)} is text, not a number; write it without quotes`
    : `${quote(text)} is not a port number`;

/** A port by number, or by a name of the given form; `noun` says both. */
export const portOrName = (name: RegExp, noun: string): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> => {
  const error = ({ input }: { readonly input?: unknown }): string | undefined => {
    if (input === undefined || input === null) return undefined;
    const isQuotedNumber = typeof input === 'string' && /^\d+$/.test(input);
    return `${quote(input)} is ${isQuotedNumber ? 'text; write the number without quotes' : `not ${noun}`}`;
  };
  // A union passes on the issues of the one member whose type fits, so each check needs the text.
  const number = z.int({ error }).min(1, { error }).max(65535, { error });
  return z.union([number, z.string({ error }).regex(name, { error })], { error });
};

/** The text for an issue whose schema brought none of its own. */
const defaultText = (issue: RawIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return wrongTypeText(issue.input, issue.expected, issue.inst);
    case 'invalid_value':
      if (issue.input === undefined || issue.input === null) return absentText(issue.input, issue.inst, 'a value');
      return `${quote(issue.input)} is not allowed here; use ${alternatives(issue.values.map(quote))}`;
    case 'too_big':
      return `${sizeText(issue.origin, issue.input)}; at most ${issue.maximum}${issue.origin === 'array' ? ' are allowed' : ''}`;
    case 'too_small':
      return `${sizeText(issue.origin, issue.input)}; at least ${issue.minimum}${issue.origin === 'array' ? ' is needed' : ''}`;
    case 'invalid_union':
      if (issue.input === undefined || issue.input === null) return absentText(issue.input, issue.inst, 'a value');
      return `${quote(issue.input)} is not allowed here`;
    case 'invalid_key':
      return 'is not a valid name here';
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'custom':
      return `${quote(issue.input)} is not valid here`;
  }
};

const wrongTypeText = (input: unknown, expected: string, schema: unknown): string => {
  const noun = typeNouns[expected] ?? expected;
  if (input === undefined || input === null) return absentText(input, schema, noun);
  return `${quote(input)} is not ${noun}`;
};

const typeNouns: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const absentText = (input: undefined | null, schema: unknown, noun: string): string => {
  const wanted = (schema instanceof z.ZodType ? schema.description : undefined) ?? noun;
  return input === null ? `is empty; give it a value (${wanted}) or remove the field` : `is required: ${wanted}`;
};

const sizeText = (origin: string, input: unknown): string => {
  if (origin === 'array') return `has ${Array.isArray(input) ? input.length : 'too many'} entries`;
  if (origin === 'string') return `${quote(input)} is ${typeof input === 'string' ? input.length : 0} characters long`;
  return `${quote(input)} is out of range`;
};

/** So many problems of one object are told; more would help nobody. */
const maxProblems = 50;

/** Checks `value` against a schema; `root` is where the value stands in its object. */
export const checkAgainst = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  root: ProblemPath,
):
  | { readonly kind: 'valid'; readonly value: z.output<T> }
  | { readonly kind: 'invalid'; readonly problems: Problem[] } => {
  const result = schema.safeParse(value, { error: defaultText });
  if (result.success) return { kind: 'valid', value: result.data };
  const problems = result.error.issues.flatMap((issue) => problemsFrom(issue, root));
  return { kind: 'invalid', problems: problems.slice(0, maxProblems) };
};

const problemsFrom = (issue: z.core.$ZodIssue, root: ProblemPath): Problem[] => {
  const path = [...root, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code !== 'unrecognized_keys') return [{ severity: 'error', path, message: issue.message }];
  const lines = issue.message.split('\n');
  return issue.keys.map((key, index) => ({
    severity: 'error' as const,
    path: [...path, key],
    message: lines[index] ?? 'unknown field',
  }));
};
