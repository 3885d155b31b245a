/** Requests that go on while something happens, and what came of them. */
import { Running } from './running.ts';
import type { Sender } from './send.ts';

export interface Total {
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** Answers by the pod that gave them. */
  readonly pods: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

const answersOf = ({ kind, ...statuses }: Readonly<Record<string, unknown>>): number =>
  kind === 'progress' ? Object.values(statuses).reduce((sum: number, count) => sum + Number(count), 0) : 0;

export class Load {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  /** Resolves once answers come. */
  static async start(sender: Sender, ...urls: readonly string[]): Promise<Load> {
    const load = new Load(Running.start(sender, ['load', ...urls]));
    await load.answers(20);
    return load;
  }

  /** Waits for so many more answers than there are now. */
  async answers(count: number, timeoutMs = 60_000): Promise<void> {
    const now = Math.max(0, ...this.#running.reports.map(answersOf));
    await this.#running.waitFor(`${count} more answers`, (report) => answersOf(report) >= now + count, timeoutMs);
  }

  async finish(): Promise<Total> {
    return (await this.#running.finish()) as unknown as Total;
  }
}
