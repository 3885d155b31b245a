import { expect, test } from 'vitest';
import { serveUntilEnd } from './process.ts';

test('a fault is reported, ends the server within its grace, and is the exit code', async () => {
  const told: unknown[] = [];
  const code = await serveUntilEnd({
    start: (onFault) => {
      setImmediate(() => onFault('watching', 'lost'));
      return Promise.resolve({ close: (graceMs) => Promise.resolve(void told.push(graceMs)) });
    },
    reportFault: (task, cause) => void told.push([task, cause]),
    graceMs: 7,
  });
  expect(code).toBe(70);
  expect(told).toEqual([['watching', 'lost'], 7]);
});

test('what keeps a server from starting goes to the caller', async () => {
  const start = (): Promise<never> => Promise.reject(new Error('no port'));
  await expect(serveUntilEnd({ start, reportFault: () => {}, graceMs: 0 })).rejects.toThrow('no port');
});
