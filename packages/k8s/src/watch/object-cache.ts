/**
 * What is known of the objects of one kind. Objects are known by name, told apart by uid: one that was deleted and made
 * again is another object, and whoever follows hears of both the end and the beginning.
 */
import { isOlder, type RawObject } from './raw-object.ts';

export interface CachedObject<T> {
  readonly key: string;
  readonly uid: string;
  readonly version: string;
  /** Undefined when the object could not be read and no earlier state of it could either. */
  readonly object: T | undefined;
  /** The object could not be read, and this stands for it. */
  readonly isStandIn?: true;
}

export type Change<T> = { readonly kind: 'apply' | 'delete'; readonly object: T };

export class ObjectCache<T> {
  #objects = new Map<string, CachedObject<T>>();
  readonly #read: (value: unknown) => T | undefined;
  readonly #standInFor: (value: unknown) => T | undefined;

  /**
   * @param read undefined for an object that makes no sense; the last state that did then stays, as it does on disk
   * @param standInFor what to take such an object for when there is no such state
   */
  constructor(
    read: (value: unknown) => T | undefined,
    standInFor: (value: unknown) => T | undefined = () => undefined,
  ) {
    this.#read = read;
    this.#standInFor = standInFor;
  }

  get size(): number {
    return this.#objects.size;
  }

  *values(): Generator<T, void, void> {
    for (const { object } of this.#objects.values()) if (object !== undefined) yield object;
  }

  /** Whether this version of the object, or a newer one of its name, is here already. */
  hasSeen({ key, version }: RawObject): boolean {
    const known = this.#objects.get(key);
    return known !== undefined && (known.version === version || isOlder(version, known.version));
  }

  /** What `apply` and `replace` keep of an object: the very same as before if it has not changed. */
  take({ key, uid, version, value }: RawObject): CachedObject<T> {
    const known = this.#objects.get(key);
    if (known?.uid === uid && known.version === version) return known;
    const lastGood = known?.uid === uid && known.isStandIn !== true ? known.object : undefined;
    const object = this.#read(value) ?? lastGood;
    if (object !== undefined) return { key, uid, version, object };
    return { key, uid, version, object: this.#standInFor(value), isStandIn: true };
  }

  apply(next: CachedObject<T>): Change<T>[] {
    const known = this.#objects.get(next.key);
    if (known === next) return [];
    this.#objects.set(next.key, next);
    return changesBetween(known, next);
  }

  delete(key: string): Change<T>[] {
    const known = this.#objects.get(key);
    this.#objects.delete(key);
    return changesBetween(known, undefined);
  }

  /** Makes `items` all there is, and says what that changed: ends first. */
  replace(items: readonly CachedObject<T>[]): Change<T>[] {
    const before = this.#objects;
    this.#objects = new Map(items.map((item) => [item.key, item]));
    const gone = [...before.values()].filter(({ key }) => !this.#objects.has(key));
    return [
      ...gone.flatMap((item) => changesBetween(item, undefined)),
      ...items.flatMap((item) => changesBetween(before.get(item.key), item)),
    ];
  }
}

const changesBetween = <T>(before: CachedObject<T> | undefined, after: CachedObject<T> | undefined): Change<T>[] => {
  if (before?.object === after?.object) return [];
  const changes: Change<T>[] = [];
  const isAnother = before?.uid !== after?.uid || after?.object === undefined;
  if (before?.object !== undefined && isAnother) changes.push({ kind: 'delete', object: before.object });
  if (after?.object !== undefined) changes.push({ kind: 'apply', object: after.object });
  return changes;
};
