/** Exchanges that wait for an endpoint, first come first served, bounded. */
import type { Exchange } from '../../http/exchange.ts';
import type { Carriage } from '../endpoint/endpoint.ts';

interface Waiting {
  readonly exchange: Exchange;
  /** Tells whether the record still serves the exchange that was put here. */
  readonly serial: number;
  readonly carriage: Carriage;
  readonly sinceMs: number;
}

export class WaitingLine {
  readonly #capacity: number;
  #line: Waiting[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#line.length;
  }

  /** False when the line is full. */
  add(exchange: Exchange, carriage: Carriage, nowMs: number): boolean {
    if (this.#line.length >= this.#capacity) return false;
    this.#line.push({ exchange, serial: exchange.serial, carriage, sinceMs: nowMs });
    return true;
  }

  has(carriage: Carriage): boolean {
    return this.#line.some((each) => each.carriage === carriage);
  }

  /** How each carriage stands: since when its first exchange waits. */
  oldest(carriage: Carriage): number {
    return this.#line.find((each) => each.carriage === carriage && isStill(each))?.sinceMs ?? Number.POSITIVE_INFINITY;
  }

  /** Offers exchanges in order; one whose carriage was declined once is not asked for again. The declined stay. */
  offer(take: (exchange: Exchange, carriage: Carriage) => boolean): void {
    const line = this.#line;
    if (line.length === 0) return;
    this.#line = [];
    const declined = new Set<Carriage>();
    const kept: Waiting[] = [];
    for (const waiting of line) {
      const { exchange, carriage } = waiting;
      if (!isStill(waiting)) continue;
      if (declined.has(carriage) || !take(exchange, carriage)) {
        declined.add(carriage);
        kept.push(waiting);
      }
    }
    // What was added meanwhile came later.
    this.#line = kept.concat(this.#line);
  }

  /** Takes out every exchange of a carriage. */
  takeAll(carriage: Carriage | undefined): readonly Exchange[] {
    const line = this.#line;
    const isWanted = (each: Waiting): boolean => carriage === undefined || each.carriage === carriage;
    this.#line = line.filter((each) => !isWanted(each));
    return line.filter((each) => isWanted(each) && isStill(each)).map(({ exchange }) => exchange);
  }
}

const isStill = ({ exchange, serial }: Waiting): boolean => exchange.isOpen && exchange.serial === serial;
