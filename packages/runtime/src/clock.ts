/**
 * Time as an argument. Everything that reads a clock or sets a timer takes a `Clock`, so that tests move time by hand
 * and a process reads it once per event.
 */

export interface Timer {
  /** Idempotent; a cancelled task never runs. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds with an arbitrary origin: for durations and deadlines. Never goes back. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch: for certificates and log lines. May jump. */
  wallMs(): number;
  /** Runs `task` once, not before `delayMs` have passed. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
  /** Runs `task` every `intervalMs` until cancelled. Does not keep the process alive. */
  every(intervalMs: number, task: () => void): Timer;
}

/** The longest delay that Node's timers keep; longer ones would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, task) => {
    const handle = setTimeout(task, Math.min(Math.max(delayMs, 0), maxTimerMs)).unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every: (intervalMs, task) => {
    const handle = setInterval(task, Math.min(intervalMs, maxTimerMs)).unref();
    return { cancel: () => clearInterval(handle) };
  },
};

/** Resolves after `delayMs`, or as soon as `signal` aborts (it does not reject: loops test the signal themselves). */
export const sleep = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
