/**
 * What connections do once a tick, after everything that was readable has been read: mostly one write each. All of it
 * runs in one callback of the event loop, since the engine's bookkeeping between two callbacks costs as much as some
 * of the work itself.
 */

let waiting: (() => void)[] = [];
let running: (() => void)[] = [];

/** Calls `task` once, at the end of this tick. A task given while tasks run belongs to the next tick. */
export const atEndOfTick = (task: () => void): void => {
  if (waiting.length === 0) setImmediate(runAll);
  waiting.push(task);
};

const runAll = (): void => {
  const tasks = waiting;
  waiting = running;
  running = tasks;
  for (const task of tasks) task();
  tasks.length = 0;
};
