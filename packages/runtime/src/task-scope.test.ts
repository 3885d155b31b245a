import { expect, test } from 'vitest';
import { type TaskFailure, TaskScope } from './task-scope.ts';

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

test('a loop that goes on until the scope closes is no failure, even if it throws then', async () => {
  const failures: TaskFailure[] = [];
  const scope = new TaskScope((failure) => failures.push(failure));
  scope.run('steady', untilAborted);
  scope.run('throws at the end', async (signal) => {
    await untilAborted(signal);
    throw new Error('aborted');
  });
  await scope.close();
  expect(failures).toEqual([]);
});

test.each([
  ['returns', async () => {}, undefined],
  [
    'throws',
    async () => {
      throw new RangeError('broken');
    },
    new RangeError('broken'),
  ],
])('a loop that %s early is reported by name', async (_what, loop, cause) => {
  const failure = await new Promise<TaskFailure>((resolve) => {
    new TaskScope(resolve).run('the loop', loop);
  });
  expect(failure).toEqual({ task: 'the loop', cause });
});
