/** How a process begins and ends: one `main`, exit codes with a meaning, signals. */
import { ConfigError } from './environment.ts';
import { ListenError } from './listen-error.ts';

/** sysexits.h: the configuration is wrong. */
const exitUsage = 64;
/** sysexits.h: a fault of the program. */
const exitSoftware = 70;

/**
 * Runs a process. A ConfigError prints each mistake on a line of its own and exits 64; any other error prints itself and
 * exits 70, with its stack unless it is a ListenError, which is nobody's bug. When `main` returns, the process exits with what it returned.
 */
export const runProcess = async (name: string, main: () => Promise<number>): Promise<never> => {
  try {
    process.exit(await main());
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const each of error.errors) process.stderr.write(`${name}: ${each}\n`);
      process.exit(exitUsage);
    }
    process.stderr.write(`${name}: ${textOf(error)}\n`);
    process.exit(exitSoftware);
  }
};

/** A server that runs until it is told to end. */
export interface RunningServer {
  /** Finishes what is in progress for up to `graceMs`, then ends everything. */
  close(graceMs: number): Promise<void>;
}

export interface ServerProcess {
  /** `onFault`: to be called when a background task ended that must not. */
  readonly start: (onFault: (task: string, cause: unknown) => void) => Promise<RunningServer>;
  readonly reportFault: (task: string, cause: unknown) => void;
  readonly graceMs: number;
}

/** Serves until the process is told to end, or until a fault ends it; resolves to the exit code. Rejects as `start` does. */
export const serveUntilEnd = async ({ start, reportFault, graceMs }: ServerProcess): Promise<number> => {
  const fault = Promise.withResolvers<number>();
  const server = await start((task, cause) => {
    reportFault(task, cause);
    fault.resolve(exitSoftware);
  });
  const code = await Promise.race([terminationSignal().then(() => 0), fault.promise]);
  await server.close(graceMs);
  return code;
};

const textOf = (error: unknown): string => {
  if (error instanceof ListenError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

/**
 * Resolves at the first SIGTERM or SIGINT. A second one ends the process at once, with the code a shell expects
 * (128 + signal), for people who press Ctrl-C twice.
 */
export const terminationSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const listen = (signal: NodeJS.Signals, code: number): void => {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(code));
      });
    };
    listen('SIGTERM', 143);
    listen('SIGINT', 130);
  });
