/** A program that goes on inside a container and reports by lines of JSON; it ends when its standard input does. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kubeconfig, kubectl } from './kubectl.ts';
import type { Sender } from './send.ts';

export type Report = Readonly<Record<string, unknown>>;

const program = ['/usr/bin/node', '/app/main.js'];

/** Runs a command of the e2e image to its end. */
export const report = async (
  { namespace, from, container }: Sender,
  args: readonly string[],
): Promise<readonly Report[]> => {
  const lines = await kubectl(['-n', namespace, 'exec', from, '-c', container, '--', ...program, ...args]);
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);
};

export class Running {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #reports: Report[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #exit: Promise<void>;
  #errors = '';

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#reports.push(JSON.parse(line) as Report);
      for (const look of this.#waiting) look();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    child.stdin.on('error', () => undefined);
    this.#exit = new Promise((resolve) => child.once('close', () => resolve()));
  }

  static start({ namespace, from, container }: Sender, args: readonly string[]): Running {
    const exec = ['-n', namespace, 'exec', '-i', from, '-c', container, '--', ...program, ...args];
    return new Running(spawn('kubectl', exec, { env: { ...process.env, KUBECONFIG: kubeconfig() } }));
  }

  /** The first report, made already or to come, that is wanted. */
  async waitFor(what: string, isWanted: (report: Report) => boolean, timeoutMs = 60_000): Promise<Report> {
    const found = Promise.withResolvers<Report>();
    const look = (): void => {
      const report = this.#reports.find(isWanted);
      if (report !== undefined) found.resolve(report);
    };
    const late = setTimeout(() => found.reject(new Error(`waited in vain for ${what}; ${this.#said()}`)), timeoutMs);
    this.#waiting.add(look);
    look();
    void this.#exit.then(() => found.reject(new Error(`ended before ${what}; ${this.#said()}`)));
    try {
      return await found.promise;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(look);
    }
  }

  get reports(): readonly Report[] {
    return this.#reports;
  }

  /** Ends the program; its last report. */
  async finish(): Promise<Report> {
    this.#child.stdin.end();
    await this.#exit;
    const last = this.#reports.at(-1);
    if (last === undefined) throw new Error(`reported nothing; ${this.#said()}`);
    return last;
  }

  #said(): string {
    return `it said ${JSON.stringify(this.#reports.slice(-3))} ${this.#errors}`;
  }
}
