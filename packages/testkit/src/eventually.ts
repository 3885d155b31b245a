/** Waiting for something that happens in its own time (a file watch, another process): by asking, with an end. */

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Calls `check` until it returns without throwing, and returns its result. After `timeoutMs` (10 s by default) it throws
 * what `check` threw last.
 */
export const eventually = async <T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> => {
  const { timeoutMs = 10_000, intervalMs = 10 } = options;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
};
