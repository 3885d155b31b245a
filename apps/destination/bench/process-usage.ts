/** What another process uses, as Linux tells it. */
import { readFile } from 'node:fs/promises';

export interface Usage {
  readonly residentMib: number;
  readonly peakMib: number;
  /** Of all its threads, since it began. */
  readonly cpuMs: number;
}

/** The kernel counts processor time in hundredths of a second. */
const msPerTick = 10;

export const usageOf = async (pid: number): Promise<Usage> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string): number =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const user = Number(fields[11]);
  const system = Number(fields[12]);
  return { residentMib: mib('VmRSS'), peakMib: mib('VmHWM'), cpuMs: (user + system) * msPerTick };
};
