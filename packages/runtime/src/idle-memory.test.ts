import { expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { releaseMemoryWhenIdle } from './idle-memory.ts';

test('an idle process gives back what a burst has left', () => {
  vi.useFakeTimers();
  const cpu = vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 0, system: 0 });
  const onCollected = vi.fn();
  const timer = releaseMemoryWhenIdle(systemClock, onCollected);
  let burst: object[] | undefined = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  const full = process.memoryUsage().heapTotal;
  expect(burst).toHaveLength(1_000_000);
  burst = undefined;
  cpu.mockReturnValue({ user: 9_000_000, system: 0 });
  vi.advanceTimersByTime(10_000);
  expect(process.memoryUsage().heapTotal).toBeGreaterThan(full - 5_000_000);
  expect(onCollected).not.toHaveBeenCalled();
  cpu.mockReturnValue({ user: 1000, system: 0 });
  vi.advanceTimersByTime(10_000);
  expect(process.memoryUsage().heapTotal).toBeLessThan(full - 20_000_000);
  expect(onCollected).toHaveBeenCalledOnce();
  timer.cancel();
  cpu.mockRestore();
  vi.useRealTimers();
});
