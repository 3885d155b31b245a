/**
 * What every parser of this package returns: the value, or why there is none. Reading foreign text is expected to fail,
 * so failure is a value; `orThrow` is for literals that the program itself wrote.
 */
export type Parsed<T> = { readonly kind: 'ok'; readonly value: T } | NameError;

/** What kind of name could not be read. */
export type NameSubject =
  | 'address'
  | 'network'
  | 'identity'
  | 'serviceAccount'
  | 'authority'
  | 'serviceName'
  | 'duration';

export interface NameError {
  readonly kind: 'error';
  readonly subject: NameSubject;
  /** One sentence: the text (shortened), what is wrong with it and what would be right. */
  readonly message: string;
}

export const parsed = <T>(value: T): Parsed<T> => ({ kind: 'ok', value });

const longestQuote = 80;

/** An error that quotes the offending text, cut to a bounded length with control characters made visible. */
export const nameError = (subject: NameSubject, text: string, problem: string): NameError => {
  const cut = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
  return { kind: 'error', subject, message: `${JSON.stringify(cut)} ${problem}` };
};

/** The value, or an exception: for literals in code and tests, never for input. */
export const orThrow = <T>(result: Parsed<T>): T => {
  if (result.kind === 'error') throw new Error(result.message);
  return result.value;
};
