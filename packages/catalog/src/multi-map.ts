/** A map from a key to a set of values; a key without values is absent. */
export class MultiMap<V> {
  readonly #sets = new Map<string, Set<V>>();

  add(key: string, value: V): void {
    const set = this.#sets.get(key);
    if (set) set.add(value);
    else this.#sets.set(key, new Set([value]));
  }

  delete(key: string, value: V): void {
    const set = this.#sets.get(key);
    if (set?.delete(value) && set.size === 0) this.#sets.delete(key);
  }

  /** Do not change the map while walking what this returns. */
  get(key: string): ReadonlySet<V> {
    return this.#sets.get(key) ?? NOTHING;
  }
}

const NOTHING: ReadonlySet<never> = new Set<never>();
