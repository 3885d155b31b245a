/** What a process holds of the machine, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessCost {
  readonly pid: number;
  readonly residentMb: number;
  readonly descriptors: number;
}

export const costOf = (pid: number): ProcessCost => {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has ended`);
  return { pid, residentMb: Number(kilobytes) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
};
