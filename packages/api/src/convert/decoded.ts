/** How conversions from messages fail: inside by throwing, so that they read as plain expressions; outside as a value. */

/** The value, or why the message must not be used. `reason` is a sentence for a log line. */
export type Decoded<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly reason: string };

class InvalidMessage extends Error {}

/** Runs a conversion; what it found missing or out of range becomes the result. Other errors are bugs and pass. */
export const decoded = <T>(what: string, convert: () => T): Decoded<T> => {
  try {
    return { kind: 'ok', value: convert() };
  } catch (error) {
    if (error instanceof InvalidMessage) return { kind: 'invalid', reason: `${what}: ${error.message}` };
    throw error;
  }
};

export const refuse = (reason: string): never => {
  throw new InvalidMessage(reason);
};

/** A field that proto3 cannot require and we do. */
export const required = <T>(value: T | undefined, name: string): T => value ?? refuse(`${name} is missing`);

/** Names the place in which something was found wrong: `routes[2]`. */
export const each = <T, R>(items: readonly T[], name: string, convert: (item: T) => R): R[] =>
  items.map((item, index) => {
    try {
      return convert(item);
    } catch (error) {
      if (error instanceof InvalidMessage) return refuse(`${name}[${index}]: ${error.message}`);
      throw error;
    }
  });

/** Proto3's empty string is "not set". */
export const nonEmpty = (text: string): string | undefined => (text === '' ? undefined : text);
/** Proto3's 0 is "not set". */
export const nonZero = (number: number): number | undefined => (number === 0 ? undefined : number);
