/**
 * What many watchers cost: WatchPort streams of many workloads over real mesh TLS, opened at once, and one policy edit that
 * concerns them all, from the write of the file to the last message. Clients and server share this process.
 *
 *     node apps/destination/src/streams.bench.ts [streams]
 */
import { createMessage, type GrpcClient, inboundApi } from '@heddle/api';
import { podManifest, serverManifest } from './testing/manifests.ts';
import { TestDestination } from './testing/running.ts';

const streams = Number(process.argv[2] ?? 2_000);
const perConnection = 50;
const rounds = 20;

const pods = Array.from({ length: streams }, (_, at) =>
  podManifest(`web-${at}`, `10.1.${at >> 8}.${at & 255}`, 'web', at === 0 ? { only: 'one' } : {}),
);
await using destination = await TestDestination.start({ 'pods.json': pods, 'server.json': [serverManifest('deny')] });
const clients = Array.from({ length: Math.ceil(streams / perConnection) }, () => destination.client('policy'));

let received = 0;
let awaited = Promise.withResolvers<void>();
const all = (count: number): Promise<void> => {
  awaited = Promise.withResolvers();
  received = -count;
  return awaited.promise;
};
const start = performance.now();
const heapBefore = process.memoryUsage().heapUsed;
let done = all(streams);
for (let at = 0; at < streams; at++) {
  const client = clients[at % clients.length] as GrpcClient;
  const spec = createMessage(inboundApi.PortSpecSchema, { workload: `shop:web-${at}`, port: 8080 });
  client.stream(inboundApi.InboundServerPolicies.method.watchPort, spec, {
    onMessage: () => {
      received += 1;
      if (received === 0) awaited.resolve();
    },
    onEnd: (error) => awaited.reject(error ?? new Error('a stream ended')),
  });
}
await done;
const opened = performance.now() - start;
const heap = process.memoryUsage().heapUsed - heapBefore;

const edits: number[] = [];
for (let round = 0; round < rounds; round++) {
  done = all(streams);
  const edited = performance.now();
  await destination.write('server.json', [serverManifest(round % 2 === 0 ? 'audit' : 'deny')]);
  await done;
  edits.push(performance.now() - edited);
}
edits.sort((a, b) => a - b);

// One that concerns a single stream: a Server for one pod only, which comes before the other by its name.
const serverForOne = (accessPolicy: string): unknown => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: 'a', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { only: 'one' } }, port: 'http', accessPolicy },
});
const single: number[] = [];
for (let round = 0; round < rounds; round++) {
  done = all(1);
  const edited = performance.now();
  await destination.write('single.json', [serverForOne(round % 2 === 0 ? 'audit' : 'deny')]);
  await done;
  single.push(performance.now() - edited);
}
single.sort((a, b) => a - b);
const at = (values: readonly number[], share: number): string =>
  (values[Math.floor((values.length - 1) * share)] ?? 0).toFixed(1);
console.log(
  `${streams} streams over ${clients.length} connections: opened in ${opened.toFixed(0)} ms, ` +
    `heap ${(heap / streams / 1000).toFixed(1)} kB per stream (both ends)\n` +
    `an edit for all: median ${at(edits, 0.5)} ms, longest ${at(edits, 1)} ms\n` +
    `an edit for one: median ${at(single, 0.5)} ms, longest ${at(single, 1)} ms`,
);
