/**
 * Memory that a process needed for its start, or for a burst, and that the engine keeps as long as nobody allocates: an
 * idle process would hold it for ever. Looks now and then, and collects when there is nothing else to do.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from './clock.ts';

const lookEveryMs = 10_000;
/** Share of one core below which a process counts as idle. */
const idleShare = 0.02;
/** What may have come up since the last collection before it is worth another round. */
const worthBytes = 4 * 1024 * 1024;
/** Collections of a round, one a look: code that ran at the start only is given up when as many have found it unused. */
const roundLength = 6;

/**
 * Keeps looking until cancelled. A collection takes some ten milliseconds, and happens only when idle.
 * @param onCollected called after each; for memory that is not the engine's
 */
export const releaseMemoryWhenIdle = (clock: Clock, onCollected: () => void = () => {}): Timer => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  let cpuBefore = process.cpuUsage();
  let collectedBytes = 0;
  let left = 0;
  return clock.every(lookEveryMs, () => {
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuBefore = process.cpuUsage();
    if ((user + system) / 1000 > lookEveryMs * idleShare) return;
    if (left === 0 && process.memoryUsage.rss() - collectedBytes > worthBytes) left = roundLength;
    if (left === 0) return;
    left -= 1;
    // Only this flavour gives empty pages back to the system.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    onCollected();
    collectedBytes = process.memoryUsage.rss();
    cpuBefore = process.cpuUsage();
  });
};
