/**
 * The flat, ordered list of header fields shared by the HTTP/1 codec, the HTTP/2 codec and the proxy's exchange.
 *
 * Two parallel arrays and a count, because a head has about ten fields: a linear scan over ten short strings beats a
 * map, keeps the order and the duplicates of the wire, and costs nothing to refill for the next message.
 *
 * The list does not validate. Whoever fills it from the wire (the decoders) or writes it to the wire (the encoders)
 * does: names are lower-case tokens, values are Latin-1 strings, one char per octet, without surrounding blanks.
 * HTTP/2 pseudo-header fields are never in a list; they are fields of the head they belong to.
 */
export class HeaderList {
  /** Number of fields. Entries of the arrays at and beyond it are meaningless. */
  size = 0;
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  /** A list holding the given `[name, value]` pairs in order. For tests and for heads built once. */
  static from(fields: Iterable<readonly [name: string, value: string]>): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of fields) list.append(name, value);
    return list;
  }

  /** Name of the field at `index`; the empty string outside `0..size-1`. */
  nameAt(index: number): string {
    return index < this.size ? (this.#names[index] ?? '') : '';
  }

  /** Value of the field at `index`; the empty string outside `0..size-1`. */
  valueAt(index: number): string {
    return index < this.size ? (this.#values[index] ?? '') : '';
  }

  /** Index of the first field of this name at or after `from`, or -1. `name` must be lower-case. */
  indexOf(name: string, from = 0): number {
    const names = this.#names;
    const size = this.size;
    for (let i = from; i < size; i++) if (names[i] === name) return i;
    return -1;
  }

  has(name: string): boolean {
    return this.indexOf(name) >= 0;
  }

  /** Value of the *first* field of this name. Callers that decide on a name that may repeat use `getAll`. */
  get(name: string): string | undefined {
    const index = this.indexOf(name);
    return index < 0 ? undefined : this.#values[index];
  }

  /** Every value of this name, in order; a fresh array. */
  getAll(name: string): string[] {
    const all: string[] = [];
    for (let i = this.indexOf(name); i >= 0; i = this.indexOf(name, i + 1)) all.push(this.valueAt(i));
    return all;
  }

  /** True if one of the values of this name satisfies the predicate; stops at the first that does. */
  some(name: string, matches: (value: string) => boolean): boolean {
    for (let i = this.indexOf(name); i >= 0; i = this.indexOf(name, i + 1)) {
      if (matches(this.valueAt(i))) return true;
    }
    return false;
  }

  /** How many fields carry this name. */
  count(name: string): number {
    let count = 0;
    for (let i = this.indexOf(name); i >= 0; i = this.indexOf(name, i + 1)) count++;
    return count;
  }

  /** Adds a field at the end; equal names stay separate fields. */
  append(name: string, value: string): void {
    const at = this.size++;
    this.#names[at] = name;
    this.#values[at] = value;
  }

  /** Afterwards exactly one field of this name exists: in the place of the first one there was, else at the end. */
  set(name: string, value: string): void {
    const index = this.indexOf(name);
    if (index < 0) {
      this.append(name, value);
      return;
    }
    this.#values[index] = value;
    if (this.indexOf(name, index + 1) >= 0) this.#deleteFrom(name, index + 1);
  }

  /** Replaces the value at `index` (which must be below `size`), leaving name and order alone. */
  setValueAt(index: number, value: string): void {
    if (index < this.size) this.#values[index] = value;
  }

  /** Removes every field of this name; the others keep their order. True if there was one. */
  delete(name: string): boolean {
    const index = this.indexOf(name);
    if (index < 0) return false;
    this.#deleteFrom(name, index);
    return true;
  }

  /** Removes every field whose name satisfies the predicate, in one pass; the others keep their order. */
  deleteWhere(isDoomed: (name: string) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.size; i++) {
      if (!isDoomed(this.nameAt(i))) this.#move(i, kept++);
    }
    this.#shrink(kept);
  }

  /** Calls back once per field, in order. The list must not be changed meanwhile. */
  forEach(visit: (name: string, value: string) => void): void {
    for (let i = 0; i < this.size; i++) visit(this.nameAt(i), this.valueAt(i));
  }

  /** Makes this list equal to `other`. */
  copyFrom(other: HeaderList): void {
    this.reset();
    for (let i = 0; i < other.size; i++) this.append(other.nameAt(i), other.valueAt(i));
  }

  /**
   * Empties the list and keeps its room. The strings are let go of, since each is a view that would keep a whole head
   * alive on an idle connection; room for more than `keptFields` is given back, so that one hostile head is not kept.
   */
  reset(): void {
    this.#shrink(0);
    if (this.#names.length > keptFields) {
      this.#names.length = keptFields;
      this.#values.length = keptFields;
    }
  }

  /** The fields as `[name, value]` pairs; a fresh array, for tests and logs. */
  toArray(): [name: string, value: string][] {
    const fields: [string, string][] = [];
    this.forEach((name, value) => fields.push([name, value]));
    return fields;
  }

  #deleteFrom(name: string, index: number): void {
    let kept = index;
    for (let i = index; i < this.size; i++) {
      if (this.#names[i] !== name) this.#move(i, kept++);
    }
    this.#shrink(kept);
  }

  #move(from: number, to: number): void {
    if (from === to) return;
    this.#names[to] = this.nameAt(from);
    this.#values[to] = this.valueAt(from);
  }

  #shrink(size: number): void {
    for (let i = size; i < this.size; i++) {
      this.#names[i] = '';
      this.#values[i] = '';
    }
    this.size = size;
  }
}

/** Room kept by `reset`: more than real heads have. */
const keptFields = 64;
