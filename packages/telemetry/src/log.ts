/** Logs: JSON lines on stdout, one logger per process, the level changeable while running. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  /** The process: `proxy`, `destination`, … */
  readonly name: string;
  readonly level: LogLevel;
  /** Where lines go; stdout by default. */
  readonly write?: ((line: string) => void) | undefined;
}

/** Lines look like `{"level":"info","ts":"2026-…Z","name":"proxy","msg":"…", …}`. */
export const createLogger = (options: LogOptions): Logger =>
  pino(
    {
      base: { name: options.name },
      level: options.level,
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.write === undefined ? pino.destination({ dest: 1, sync: true }) : { write: options.write },
  );
