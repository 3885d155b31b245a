/**
 * The environment as typed configuration. A reader collects every mistake instead of stopping at the first, so that an
 * operator mends them in one go.
 */

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** `expected` completes the sentence "… is not EXPECTED". */
  | { readonly kind: 'error'; readonly expected: string };

/** Text -> value. Called with trimmed, non-empty text. */
export type TextParser<T> = (text: string) => Parsed<T>;

export const parsed = <T>(value: T): Parsed<T> => ({ kind: 'ok', value });
export const expected = (what: string): Parsed<never> => ({ kind: 'error', expected: what });

/** All that is wrong with the configuration; ends a process with exit code 64 (EX_USAGE). */
export class ConfigError extends Error {
  readonly errors: readonly string[];

  constructor(errors: readonly string[]) {
    super(errors.join('\n'));
    this.name = 'ConfigError';
    this.errors = errors;
  }
}

export class EnvironmentReader {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #errors: string[] = [];

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /**
   * The value, or undefined when it is missing or wrong: `finish` then throws, so no half-made configuration escapes.
   * That is why the return type does not say so.
   */
  required<T>(name: string, parse: TextParser<T>): T {
    const text = this.#text(name);
    if (text === undefined) this.#errors.push(`${name} is not set; it must be given`);
    return (text === undefined ? undefined : this.#parse(name, text, parse)) as T;
  }

  /** An unset or empty variable gives `fallback`. */
  optional<T, F>(name: string, parse: TextParser<T>, fallback: F): T | F {
    const text = this.#text(name);
    return text === undefined ? fallback : (this.#parse(name, text, parse) as T);
  }

  isSet(name: string): boolean {
    return this.#text(name) !== undefined;
  }

  /** For rules over more than one variable. */
  problem(message: string): void {
    this.#errors.push(message);
  }

  /** Throws a ConfigError that holds everything that was wrong. */
  finish(): void {
    if (this.#errors.length > 0) throw new ConfigError(this.#errors);
  }

  #text(name: string): string | undefined {
    const text = this.#variables[name]?.trim();
    return text === '' ? undefined : text;
  }

  #parse<T>(name: string, text: string, parse: TextParser<T>): T | undefined {
    const result = parse(text);
    if (result.kind === 'ok') return result.value;
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    this.#errors.push(`${name}=${JSON.stringify(shown)} is not ${result.expected}`);
    return undefined;
  }
}
