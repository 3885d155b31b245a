/**
 * Who selects whom, both ways, without walking everything: an object with labels finds the selectors that select it, a
 * selector finds the objects it selects. Both sides are bucketed by one `key=value` that a match must have; selectors
 * that demand none are tried one by one.
 */
import { type LabelSelector, matchesSelector } from '@heddle/crds';
import { MultiMap } from './multi-map.ts';

type Labels = Readonly<Record<string, string>>;

/** Values with selectors; answers which of them select given labels. */
export class SelectorIndex<V extends object | number> {
  readonly #selectors = new Map<V, LabelSelector>();
  readonly #byPair = new MultiMap<V>();
  readonly #unbucketed = new Set<V>();

  add(value: V, selector: LabelSelector): void {
    this.#selectors.set(value, selector);
    const pair = demandedPair(selector);
    if (pair === undefined) this.#unbucketed.add(value);
    else this.#byPair.add(pair, value);
  }

  delete(value: V): void {
    const selector = this.#selectors.get(value);
    if (!selector) return;
    this.#selectors.delete(value);
    const pair = demandedPair(selector);
    if (pair === undefined) this.#unbucketed.delete(value);
    else this.#byPair.delete(pair, value);
  }

  /** The values whose selectors select an object with these labels. */
  selecting(labels: Labels): V[] {
    const found: V[] = [];
    const consider = (value: V): void => {
      const selector = this.#selectors.get(value);
      if (selector && matchesSelector(selector, labels)) found.push(value);
    };
    for (const [key, value] of Object.entries(labels)) this.#byPair.get(`${key}=${value}`).forEach(consider);
    this.#unbucketed.forEach(consider);
    return found;
  }
}

/** Values with labels; answers which of them a selector selects. */
export class LabelIndex<V extends object | number> {
  readonly #labels = new Map<V, Labels>();
  readonly #byPair = new MultiMap<V>();

  add(value: V, labels: Labels): void {
    this.#labels.set(value, labels);
    for (const [key, label] of Object.entries(labels)) this.#byPair.add(`${key}=${label}`, value);
  }

  delete(value: V): void {
    const labels = this.#labels.get(value);
    if (!labels) return;
    this.#labels.delete(value);
    for (const [key, label] of Object.entries(labels)) this.#byPair.delete(`${key}=${label}`, value);
  }

  selectedBy(selector: LabelSelector): V[] {
    const found: V[] = [];
    for (const value of this.#candidates(selector)) {
      const labels = this.#labels.get(value);
      if (labels && matchesSelector(selector, labels)) found.push(value);
    }
    return found;
  }

  /** The smallest bucket that holds every match. */
  #candidates(selector: LabelSelector): Iterable<V> {
    let smallest: ReadonlySet<V> | undefined;
    for (const [key, label] of Object.entries(selector.matchLabels)) {
      const bucket = this.#byPair.get(`${key}=${label}`);
      if (!smallest || bucket.size < smallest.size) smallest = bucket;
    }
    return smallest ?? this.#labels.keys();
  }
}

/** A `key=value` that every selected object carries, if the selector demands one. */
const demandedPair = (selector: LabelSelector): string | undefined => {
  for (const [key, value] of Object.entries(selector.matchLabels)) return `${key}=${value}`;
  for (const expression of selector.matchExpressions) {
    const [value, another] = expression.operator === 'In' ? expression.values : [];
    if (value !== undefined && another === undefined) return `${expression.key}=${value}`;
  }
  return undefined;
};
