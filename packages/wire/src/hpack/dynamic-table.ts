/**
 * The dynamic table of a decoder (RFC 7541 sections 2.3.2 and 4): a ring of fields, newest first, whose sum of name,
 * value and 32 octets each stays within a size.
 */

/** What a field counts beyond its name and value (RFC 7541 section 4.1, RFC 9113 section 6.5.2). */
export const fieldOverhead = 32;

export interface TableEntry {
  readonly name: string;
  readonly value: string;
  /** What `classify` said of it. */
  readonly facts: number;
}

export class DynamicTable {
  /** Newest last; the first `#evicted` are gone already and are cut off now and then. */
  #entries: (TableEntry | undefined)[] = [];
  #evicted = 0;
  #size = 0;
  #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Octets that the entries count for. */
  get size(): number {
    return this.#size;
  }

  get length(): number {
    return this.#entries.length - this.#evicted;
  }

  /** The entry `index` places from the newest, which is 0. */
  at(index: number): TableEntry | undefined {
    return index < this.length ? this.#entries[this.#entries.length - 1 - index] : undefined;
  }

  /** Adds an entry, evicting from the old end; one that is larger than the table just empties it. */
  insert(entry: TableEntry): void {
    const size = entrySize(entry);
    this.#evictTo(this.#maxSize - size);
    if (size > this.#maxSize) return;
    this.#entries.push(entry);
    this.#size += size;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evictTo(maxSize);
  }

  #evictTo(size: number): void {
    while (this.#size > size && this.length > 0) {
      const entry = this.#entries[this.#evicted];
      this.#entries[this.#evicted++] = undefined;
      if (entry !== undefined) this.#size -= entrySize(entry);
    }
    // At most 128 entries fit into 4096 octets; cutting at 64 keeps the array short and the cost per insert constant.
    if (this.#evicted >= 64) {
      this.#entries = this.#entries.slice(this.#evicted);
      this.#evicted = 0;
    }
  }
}

const entrySize = (entry: TableEntry): number => entry.name.length + entry.value.length + fieldOverhead;
