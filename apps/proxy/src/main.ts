/** The sidecar proxy as a process. */
import { releaseMemoryWhenIdle, runProcess, systemClock, terminationSignal } from '@heddle/runtime';
import { readConfig } from './config.ts';
import { startProxy } from './run.ts';

await runProcess('proxy', async () => {
  const stopped = Promise.withResolvers<string>();
  void terminationSignal().then(stopped.resolve);
  const proxy = await startProxy(readConfig(process.env), process.env, stopped.resolve);
  releaseMemoryWhenIdle(systemClock, proxy.releaseMemory);
  const reason = await stopped.promise;
  await proxy.stop(reason);
  return 0;
});
