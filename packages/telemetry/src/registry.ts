/**
 * All metrics of a process and their text form (Prometheus text format 0.0.4). Rendering yields to the event loop
 * between families and within large ones: a scrape must not delay requests.
 */
import { CounterCell, GaugeCell, HistogramCell } from './cells.ts';
import { MetricFamily } from './family.ts';

type AnyFamily =
  | MetricFamily<CounterCell, string>
  | MetricFamily<GaugeCell, string>
  | MetricFamily<HistogramCell, string>;

export type CounterFamily<L extends string> = MetricFamily<CounterCell, L>;
export type GaugeFamily<L extends string> = MetricFamily<GaugeCell, L>;
export type HistogramFamily<L extends string> = MetricFamily<HistogramCell, L>;

/** Series rendered before the event loop gets a turn: about a quarter of a millisecond. */
const seriesPerTurn = 500;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const number = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);

const series = (name: string, labels: string, value: number): string =>
  labels === '' ? `${name} ${number(value)}\n` : `${name}{${labels}} ${number(value)}\n`;

const histogramText = (name: string, labels: string, cell: HistogramCell): string => {
  const prefix = labels === '' ? '' : `${labels},`;
  let total = 0;
  let text = '';
  for (let i = 0; i < cell.counts.length; i += 1) {
    total += cell.counts[i] ?? 0;
    text += series(`${name}_bucket`, `${prefix}le="${number(cell.bounds[i] ?? Number.POSITIVE_INFINITY)}"`, total);
  }
  return `${text}${series(`${name}_sum`, labels, cell.sum)}${series(`${name}_count`, labels, total)}`;
};

export class MetricRegistry {
  readonly #families: AnyFamily[] = [];
  readonly #collectors: (() => void)[] = [];

  counter<const L extends string>(name: string, help: string, labelNames: readonly L[]): CounterFamily<L> {
    return this.#add(new MetricFamily('counter', name, help, labelNames, () => new CounterCell()));
  }

  gauge<const L extends string>(name: string, help: string, labelNames: readonly L[]): GaugeFamily<L> {
    return this.#add(new MetricFamily('gauge', name, help, labelNames, () => new GaugeCell()));
  }

  histogram<const L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    bounds: readonly number[],
  ): HistogramFamily<L> {
    return this.#add(new MetricFamily('histogram', name, help, labelNames, () => new HistogramCell(bounds)));
  }

  /** Runs before each rendering: for values that are read rather than counted. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Forgets cells that nobody has held since `beforeMs` (monotonic). */
  forgetIdle(beforeMs: number): void {
    for (const family of this.#families) family.forgetIdle(beforeMs);
  }

  /** Calls `sink` with pieces of the text, in order; families without cells are left out. */
  async write(sink: (text: string) => void): Promise<void> {
    for (const collect of this.#collectors) collect();
    for (const family of this.#families) {
      if (family.size === 0) continue;
      sink(`# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.kind}\n`);
      for (const lines of linesOf(family)) {
        sink(lines);
        await turn();
      }
    }
  }

  async render(): Promise<string> {
    let text = '';
    await this.write((piece) => {
      text += piece;
    });
    return text;
  }

  #add<F extends AnyFamily>(family: F): F {
    if (this.#families.some((each) => each.name === family.name)) {
      throw new Error(`the metric ${family.name} is declared twice`);
    }
    this.#families.push(family);
    return family;
  }
}

/** The series of a family as text, a turn's worth at a time. Cells are snapshotted as they are reached. */
function* linesOf(family: AnyFamily): Generator<string> {
  const cells: [CounterCell | GaugeCell | HistogramCell, string][] = [];
  family.forEach((cell, labels) => cells.push([cell, labels]));
  let text = '';
  let count = 0;
  for (const [cell, labels] of cells) {
    text +=
      cell instanceof HistogramCell
        ? histogramText(family.name, labels, cell)
        : series(family.name, labels, cell.value);
    count += cell instanceof HistogramCell ? cell.counts.length + 2 : 1;
    if (count >= seriesPerTurn) {
      yield text;
      text = '';
      count = 0;
    }
  }
  if (text !== '') yield text;
}
