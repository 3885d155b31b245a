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
