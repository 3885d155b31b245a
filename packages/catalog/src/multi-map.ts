/**
 * A map from a key to a set of values; a key without values is absent. Most keys have one value, which is kept as it is:
 * a Set apiece would be most of the catalog's memory. So a value must not be a Set.
 */
export class MultiMap<V extends object | string | number> {
  readonly #entries = new Map<string, V | Set<V>>();

  add(key: string, value: V): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, value);
    else if (entry instanceof Set) entry.add(value);
    else if (entry !== value) this.#entries.set(key, new Set([entry, value]));
  }

  delete(key: string, value: V): void {
    const entry = this.#entries.get(key);
    if (entry === value) this.#entries.delete(key);
    else if (entry instanceof Set && entry.delete(value) && entry.size === 0) this.#entries.delete(key);
  }

  /** Do not change the map while walking what this returns. */
  get(key: string): ReadonlySet<V> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return NOTHING;
    return entry instanceof Set ? entry : new Set([entry]);
  }
}

const NOTHING: ReadonlySet<never> = new Set<never>();
