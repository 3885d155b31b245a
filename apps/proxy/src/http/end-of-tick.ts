/**
 * What connections do once a tick, after everything that was readable has been read: mostly one write each. All of it
 * runs in one callback of the event loop, since the engine's bookkeeping between two callbacks costs as much as some
 * of the work itself.
 */

type Task = () => void;

const nothing: Task = () => {};

/** Tasks up to the count; what is behind is left from busier ticks (an array cut short and grown again costs more). */
let waiting: Task[] = [];
let waitingCount = 0;
let running: Task[] = [];
/** Those who read many sockets in one go end the tick themselves. */
let isEndedByReader = false;

/** Calls `task` once, at the end of this tick. A task given while tasks run belongs to the next tick. */
export const atEndOfTick = (task: Task): void => {
  if (waitingCount === 0 && !isEndedByReader) setImmediate(runAll);
  waiting[waitingCount] = task;
  waitingCount += 1;
};

const runAll = (): void => {
  const tasks = waiting;
  const count = waitingCount;
  waiting = running;
  waitingCount = 0;
  running = tasks;
  for (let at = 0; at < count; at += 1) {
    const task = tasks[at] ?? nothing;
    tasks[at] = nothing;
    task();
  }
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
