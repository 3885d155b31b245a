/** One process of the mesh by itself: a built bundle, configured by its environment alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export class Bundle implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Resolves to the exit code, null after a signal. */
  readonly exitCode: Promise<unknown>;
  #output = '';

  constructor(
    app: 'identity' | 'destination' | 'proxy' | 'cli',
    environment: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ) {
    const bundle = join(import.meta.dirname, `../../../apps/${app}/dist/main.js`);
    const child = spawn(process.execPath, [bundle, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#child = child;
    this.exitCode = once(child, 'close').then(([code]: unknown[]) => code);
  }

  /** Everything printed so far, on both streams. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends the process at once, if it has not ended by itself. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exitCode;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
