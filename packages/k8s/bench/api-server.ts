/** The large cluster's API server as a process of its own, so that the watcher's memory and time are the watcher's. */
import { FakeApiServer } from '@heddle/testkit';
import { changedPod, kinds, largeCluster, sliceManifest } from './large-cluster.ts';

const server = await FakeApiServer.start({ kinds: Object.values(kinds) });
for (const [kind, manifest] of largeCluster()) server.put(kind, manifest);
server.store.compact();

let turn = 0;
/**
 * `podsPerSecond`: so many pods change every second from then on, in ten steps. `ready`: so many pods of the first Service
 * are ready.
 */
process.on('message', ({ podsPerSecond, ready }: { readonly podsPerSecond?: number; readonly ready?: number }) => {
  if (ready !== undefined) server.put(kinds.slices, sliceManifest(0, ready));
  if (podsPerSecond === undefined) return;
  setInterval(() => {
    for (let at = 0; at < podsPerSecond / 10; at++) server.put(kinds.pods, changedPod(turn++));
    server.store.compact();
  }, 100);
});
process.on('disconnect', () => process.exit(0));
process.send?.(server.kubeconfig);
