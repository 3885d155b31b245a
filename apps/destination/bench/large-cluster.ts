/**
 * The destination process in a cluster of 1 000 Services, 10 000 pods and 500 policy resources: how long until it is ready,
 * what it holds, how soon a changed endpoint has reached 1 000 streams, and what 1 % of the pods changing each second
 * costs. API server, destination and clients are three processes; build first.
 *
 *     pnpm exec turbo run build --filter=@heddle/app-destination && node apps/destination/bench/large-cluster.ts
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createMessage, destinationApi, GrpcClient } from '@heddle/api';
import { systemClock } from '@heddle/runtime';
import { createCertificateMill, freePort, TemporaryDirectory } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { fakeIdentityName, startFakeIdentity } from '../src/testing/fake-identity.ts';
import { type Usage, usageOf } from './process-usage.ts';

const streams = 1_000;
const clients = 50;
const rounds = 100;
const podsPerSecond = 100;
const followSeconds = 20;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const share = (values: readonly number[], part: number): string =>
  `${(values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? 0).toFixed(0)} ms`;

const root = join(import.meta.dirname, '../../..');
const cluster = fork(join(root, 'packages/k8s/bench/api-server.ts'), { stdio: 'inherit' });
const [kubeconfig] = (await once(cluster, 'message')) as [string];
await using directory = await TemporaryDirectory.create();
const mill = createCertificateMill();
const identity = await startFakeIdentity(mill);
const ownName = 'linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local';
const [destinationPort, policyPort, adminPort] = [await freePort(), await freePort(), await freePort()];

const startedMs = performance.now();
const destination = spawn(process.execPath, [join(root, 'apps/destination/dist/main.js')], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    HEDDLE_DESTINATION_LISTEN: `127.0.0.1:${destinationPort}`,
    HEDDLE_POLICY_LISTEN: `127.0.0.1:${policyPort}`,
    HEDDLE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    HEDDLE_KUBERNETES: `kubeconfig:${await directory.write('kubeconfig', kubeconfig)}`,
    HEDDLE_IDENTITY_SVC_ADDR: `127.0.0.1:${identity.port}`,
    HEDDLE_IDENTITY_SVC_NAME: fakeIdentityName,
    HEDDLE_IDENTITY_LOCAL_NAME: ownName,
    HEDDLE_IDENTITY_TOKEN_FILE: await directory.write('token', 'a token'),
    HEDDLE_TRUST_ANCHORS_FILE: await directory.write('anchors.pem', mill.trustAnchorsPem),
    HEDDLE_LOG_LEVEL: 'warn',
  },
});
process.on('exit', () => destination.kill());
const usage = (): Promise<Usage> => usageOf(destination.pid ?? 0);
const isReady = async (): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/ready`)).status === 200;
  } catch {
    return false;
  }
};
while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 50));
const ready = await usage();
print(
  `ready after ${Math.round(performance.now() - startedMs)} ms, ${ready.cpuMs} ms of processor time; ` +
    `resident ${ready.residentMib} MiB, peak ${ready.peakMib} MiB`,
);

let awaited = Promise.withResolvers<void>();
let missing = streams;
let changedMs = performance.now();
const took: number[] = [];
const onMessage = (): void => {
  took.push(performance.now() - changedMs);
  missing -= 1;
  if (missing === 0) awaited.resolve();
};
const connections = Array.from({ length: clients }, (_, at) => {
  const account = `app-${at}.team-${at}.serviceaccount.identity.linkerd.cluster.local`;
  const credentials = new CredentialCell(mill.trustAnchors, mill.leaf(account));
  return new GrpcClient({
    address: `127.0.0.1:${destinationPort}`,
    security: { kind: 'mesh', credentials, serverName: ownName },
    clock: systemClock,
    reconnect: { minMs: 10, maxMs: 100 },
  });
});
const open = (at: number): Promise<void> => {
  const client = at % clients;
  const request = createMessage(destinationApi.GetDestinationSchema, {
    path: 'app-0.team-0.svc.cluster.local:80',
    contextToken: JSON.stringify({ ns: `team-${client}`, pod: `app-${client}-7c9d8f6b5-0` }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  connections[client]?.stream(destinationApi.Destination.method.get, request, {
    onMessage: () => {
      resolve();
      onMessage();
    },
    onEnd: (error) => reject(error ?? new Error('a stream ended')),
  });
  return promise;
};
// One after the other until all are connected: proxies do not start in the same moment either.
for (let at = 0; at < clients; at++) await open(at);
changedMs = performance.now();
await Promise.all(Array.from({ length: streams - clients }, (_, at) => open(clients + at)));
const opened = await usage();
print(`${streams} streams opened, the last after ${share(took.slice(clients), 1)}; resident ${opened.residentMib} MiB`);

const changeEndpoints = async (): Promise<readonly number[]> => {
  took.length = 0;
  for (let round = 0; round < rounds; round++) {
    awaited = Promise.withResolvers();
    missing = streams;
    changedMs = performance.now();
    cluster.send({ ready: 9 + (round % 2) });
    await awaited.promise;
  }
  return took;
};
cluster.send({ ready: 10 });
const quiet = await changeEndpoints();
print(
  `a changed endpoint reaches them: p50 ${share(quiet, 0.5)}, p99 ${share(quiet, 0.99)}, longest ${share(quiet, 1)}`,
);

cluster.send({ podsPerSecond });
const before = await usage();
await new Promise((resolve) => setTimeout(resolve, followSeconds * 1000));
const after = await usage();
const busy = (after.cpuMs - before.cpuMs) / (followSeconds * 10);
print(`${podsPerSecond} pods change a second: ${busy.toFixed(1)} % of a core; resident ${after.residentMib} MiB`);
const meanwhile = await changeEndpoints();
print(`meanwhile a changed endpoint reaches them: p50 ${share(meanwhile, 0.5)}, p99 ${share(meanwhile, 0.99)}`);
print(`peak ${(await usage()).peakMib} MiB`);

for (const connection of connections) connection.close();
destination.kill();
await once(destination, 'exit');
await identity.close();
cluster.disconnect();
