/**
 * How the readers of this package give up: deep inside a structure they throw `Malformed`, and `parsing` turns it into
 * a value at the one place where a parser is entered. Nothing else is caught, so a bug stays a bug.
 */
import type { Parsed } from '../model.ts';

export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Runs a reader; a `Malformed` it throws becomes `invalid` with its message. */
export const parsing = <T>(read: () => T): Parsed<T> => {
  try {
    return { kind: 'ok', value: read() };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'invalid', reason: error.message };
    throw error;
  }
};
