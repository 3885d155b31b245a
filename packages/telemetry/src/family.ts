/**
 * A metric family: one name, its label names, and a cell per set of label values. Cells are leased: a connection that
 * closes gives its cells back, and a cell that nobody holds is forgotten when it has been idle for long, so that label
 * values of clients long gone do not pile up.
 */

export type LabelValues<L extends string> = Readonly<Partial<Record<L, string | undefined>>>;

export type MetricKind = 'counter' | 'gauge' | 'histogram';

interface Entry<C> {
  readonly cell: C;
  readonly labels: string;
  leases: number;
  /** Monotonic time at which the last lease ended; meaningless while leased. */
  idleSinceMs: number;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** `a="1",b="2"`: label values escaped as the text format wants them, absent labels left out. */
export const labelText = <L extends string>(names: readonly L[], values: LabelValues<L>): string => {
  const parts: string[] = [];
  for (const name of names) {
    const value: string | undefined = values[name];
    if (value !== undefined) parts.push(`${name}="${value.replace(/[\\"\n]/g, (char) => escapes[char] ?? char)}"`);
  }
  return parts.join(',');
};

export class MetricFamily<C, L extends string> {
  readonly kind: MetricKind;
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  readonly #make: () => C;
  readonly #entries = new Map<string, Entry<C>>();

  constructor(kind: MetricKind, name: string, help: string, labelNames: readonly L[], make: () => C) {
    this.kind = kind;
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    this.#make = make;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The cell of these label values, kept for the life of the process. */
  cell(values: LabelValues<L>): C {
    return this.#enter(values).cell;
  }

  /** As `cell`, until `end` is called. */
  lease(values: LabelValues<L>): { readonly cell: C; end(nowMs: number): void } {
    const entry = this.#enter(values);
    let ended = false;
    return {
      cell: entry.cell,
      end: (nowMs) => {
        if (ended) return;
        ended = true;
        entry.leases -= 1;
        entry.idleSinceMs = nowMs;
      },
    };
  }

  /** Forgets cells that nobody has held since `beforeMs`. */
  forgetIdle(beforeMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.leases === 0 && entry.idleSinceMs < beforeMs) this.#entries.delete(key);
    }
  }

  /** Visits each cell with its label text. */
  forEach(visit: (cell: C, labels: string) => void): void {
    for (const entry of this.#entries.values()) visit(entry.cell, entry.labels);
  }

  #enter(values: LabelValues<L>): Entry<C> {
    const labels = labelText(this.labelNames, values);
    let entry = this.#entries.get(labels);
    if (entry === undefined) {
      entry = { cell: this.#make(), labels, leases: 0, idleSinceMs: 0 };
      this.#entries.set(labels, entry);
    }
    entry.leases += 1;
    return entry;
  }
}
