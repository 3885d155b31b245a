/**
 * A child process that is kept running: its output goes to a log file and, line by line, to a listener; when it ends
 * unasked it is started again with a growing pause. Nothing here knows what the process does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

export interface ProcessEvents {
  onLine(name: string, line: string): void;
  onExit(name: string, how: string, restartInMs: number | undefined): void;
}

const firstRestartMs = 250;
const longestRestartMs = 5_000;
/** A process that lived this long is taken to have been well: its next restart is quick again. */
const wellAfterMs = 10_000;
const killAfterMs = 5_000;

/** Where the system has it, children get a signal from the kernel when the supervisor dies, however it dies. */
const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
const withParent = (command: readonly string[]): string[] =>
  setpriv === undefined ? [...command] : [setpriv, '--pdeathsig', 'TERM', '--', ...command];

export class ManagedProcess {
  readonly spec: ProcessSpec;
  readonly #events: ProcessEvents;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #isStopping = false;
  #pauseMs = firstRestartMs;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(spec: ProcessSpec, events: ProcessEvents) {
    this.spec = spec;
    this.#events = events;
    this.#log = createWriteStream(spec.logFile, { flags: 'w' });
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #start(): void {
    const startedAt = performance.now();
    const [program, ...args] = withParent(this.spec.command);
    const child = spawn(program ?? '', args, {
      cwd: this.spec.cwd,
      env: this.spec.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
        this.#log.write(`${line}\n`);
        this.#events.onLine(this.spec.name, line);
      });
    }
    let isOver = false;
    const over = (how: string): void => {
      if (isOver) return;
      isOver = true;
      this.#child = undefined;
      if (this.#isStopping) {
        this.#events.onExit(this.spec.name, how, undefined);
        return;
      }
      if (performance.now() - startedAt > wellAfterMs) this.#pauseMs = firstRestartMs;
      const pauseMs = this.#pauseMs;
      this.#pauseMs = Math.min(longestRestartMs, pauseMs * 2);
      this.#restartTimer = setTimeout(() => this.#start(), pauseMs);
      this.#events.onExit(this.spec.name, how, pauseMs);
    };
    child.once('error', (error) => over(error.message));
    child.once('exit', (code, signal) => over(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }

  /** Asks the process to end, insists after some seconds, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child !== undefined) {
      await new Promise<void>((resolve) => {
        const insist = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
        const done = (): void => {
          clearTimeout(insist);
          resolve();
        };
        child.once('exit', done);
        child.once('error', done);
        child.kill('SIGTERM');
      });
    }
    await new Promise<void>((resolve) => this.#log.end(() => resolve()));
  }
}
