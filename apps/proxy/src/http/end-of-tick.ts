/**
 * What connections do once a tick, after everything that was readable has been read: mostly one write each. All of it
 * runs in one callback of the event loop, since the engine's bookkeeping between two callbacks costs as much as some
 * of the work itself.
 */

let waiting: (() => void)[] = [];
let running: (() => void)[] = [];
/** Those who read many sockets in one go end the tick themselves. */
let isEndedByReader = false;

/** Calls `task` once, at the end of this tick. A task given while tasks run belongs to the next tick. */
export const atEndOfTick = (task: () => void): void => {
  if (waiting.length === 0 && !isEndedByReader) setImmediate(runAll);
  waiting.push(task);
};

const runAll = (): void => {
  const tasks = waiting;
  waiting = running;
  running = tasks;
  for (const task of tasks) task();
  tasks.length = 0;
};

/** Runs `read`, which reads all that is readable, and then what was put off to the end of the tick. */
export const inOneTick = <T>(read: (input: T) => void, input: T): void => {
  isEndedByReader = true;
  try {
    read(input);
  } finally {
    isEndedByReader = false;
    runAll();
  }
};
