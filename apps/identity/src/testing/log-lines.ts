/** A logger whose lines a test can look at. */
import { createLogger, type Logger } from '@heddle/telemetry';

export interface LogLines {
  readonly log: Logger;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

export const logLines = (): LogLines => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: createLogger({ name: 'identity', level: 'debug', write }), lines };
};
