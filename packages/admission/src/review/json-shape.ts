/**
 * Reading JSON of unknown shape. The API server has checked an object before it asks us, but whoever else can reach the
 * webhook has not: nothing is believed, and the first thing of the wrong type ends the reading.
 */

/** Something is not of the type it must have. Its message is meant for people. */
export class ShapeError extends Error {
  constructor(path: string, expected: string) {
    super(`${path} is not ${expected}`);
    this.name = 'ShapeError';
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object; null counts as absent, as everywhere in Kubernetes. */
export const objectAt = (value: unknown, path: string): JsonObject | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new ShapeError(path, 'an object');
  return value as JsonObject;
};

export const listAt = (value: unknown, path: string): readonly unknown[] | undefined => {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new ShapeError(path, 'a list');
  return value;
};

/** Empty when absent. */
export const textAt = (value: unknown, path: string): string => {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new ShapeError(path, 'a string');
  return value;
};

export const wholeNumberAt = (value: unknown, path: string): number | undefined => {
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value)) throw new ShapeError(path, 'a whole number');
  return value as number;
};

/** False when absent. */
export const flagAt = (value: unknown, path: string): boolean => {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false');
  return value;
};

export const textMapAt = (value: unknown, path: string): Readonly<Record<string, string>> | undefined => {
  const map = objectAt(value, path);
  if (map === undefined) return undefined;
  for (const [name, each] of Object.entries(map)) if (typeof each !== 'string') textAt(each ?? 0, `${path}["${name}"]`);
  return map as Readonly<Record<string, string>>;
};
