/** CPU time and memory of processes, from /proc (Linux). */
import { readFileSync } from 'node:fs';

/** USER_HZ: what utime and stime of /proc/PID/stat are counted in; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system CPU time of the processes so far, µs. */
export const cpuMicros = (pids: readonly number[]): number => cpuMicrosOf(pids, 'user') + cpuMicrosOf(pids, 'system');

export const cpuMicrosOf = (pids: readonly number[], mode: 'user' | 'system'): number =>
  pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command, in parentheses, may hold spaces; what follows it does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[mode === 'user' ? 11 : 12]) * 1e6) / ticksPerSecond;
  }, 0);

/** Of the main threads alone: without the engine's compiler and collector, which work aside and have mostly done soon. */
export const mainThreadMicros = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1000;
  }, 0);

export interface Memory {
  readonly residentMiB: number;
  /** Pages of this process alone: what one more sidecar costs a node. */
  readonly privateMiB: number;
}

/** Summed over the processes. */
export const memory = (pids: readonly number[]): Memory => {
  let resident = 0;
  let own = 0;
  for (const pid of pids) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0);
    resident += kib('Rss');
    own += kib('Private_Clean') + kib('Private_Dirty');
  }
  return { residentMiB: resident / 1024, privateMiB: own / 1024 };
};
