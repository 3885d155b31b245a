/**
 * How long the API server waits for us: reviews of a pod of 20 containers, sent at a fixed rate whether or not earlier
 * ones were answered, over a few kept connections, to the bundle in a process of its own. A review's time counts from
 * the moment at which it was due, so that a stall shows in all that wait behind it.
 *
 *     pnpm --filter @heddle/app-injector build && node apps/injector/bench/latency.ts [reviews a second] [seconds]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { reviewOf } from '@heddle/admission/testing';
import { createCertificateMill, eventually, freePort, TemporaryDirectory } from '@heddle/testkit';
import { container, podFrom, tcp } from '../src/testing/pods.ts';

const rate = Number(process.argv[2] ?? 200);
const seconds = Number(process.argv[3] ?? 20);
const warmUpSeconds = 2;
const connections = 4;
const serverName = 'linkerd-proxy-injector.linkerd.svc';

await using dir = await TemporaryDirectory.create();
await using manifests = await TemporaryDirectory.create();
const mill = createCertificateMill();
const { chainPem, keyPem } = mill.leaf(serverName);
await dir.write('tls.crt', chainPem);
await dir.write('tls.key', keyPem);
await dir.write('ca.crt', mill.trustAnchorsPem);
await manifests.write(
  'shop.yaml',
  'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, annotations: { linkerd.io/inject: enabled } }\n',
);
const port = await freePort();
const adminPort = await freePort();
const injector = spawn(process.execPath, [join(import.meta.dirname, '..', 'dist', 'main.js')], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    HEDDLE_INJECTOR_LISTEN: `127.0.0.1:${port}`,
    HEDDLE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    HEDDLE_WEBHOOK_TLS_DIR: dir.path,
    HEDDLE_TRUST_ANCHORS_FILE: dir.file('ca.crt'),
    HEDDLE_RESOURCE_DIRS: manifests.path,
  },
});

const names = Array.from({ length: 20 }, (_, index) => `container-${index}`);
const pod = podFrom({
  labels: { app: 'web', 'pod-template-hash': '5d4f8c7b9' },
  annotations: { 'config.linkerd.io/proxy-cpu-request': '100m', 'config.linkerd.io/skip-outbound-ports': '25' },
  controller: { kind: 'ReplicaSet', name: 'web-5d4f8c7b9' },
  containers: names.map((name, index) =>
    container(name, {
      ports: [tcp(8000 + index, 'http'), tcp(9000 + index, 'metrics')],
      env: Array.from({ length: 20 }, (_, at) => ({ name: `VARIABLE_${at}`, value: `value ${at} of ${name}` })),
      readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
      resources: { requests: { cpu: '100m', memory: '64Mi' } },
    }),
  ),
});
const body = reviewOf('Pod', pod);
const agent = new Agent({ keepAlive: true, maxSockets: connections, ca: mill.trustAnchorsPem });

const ask = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, servername: serverName, method: 'POST', path: '/?timeout=10s', agent },
      (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        response.on('end', () => (response.statusCode === 200 ? resolve(length) : reject(new Error('refused'))));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

try {
  await eventually(async () => {
    const { status } = await fetch(`http://127.0.0.1:${adminPort}/ready`);
    if (status !== 200) throw new Error(`not ready: ${status}`);
  });
  const answerBytes = await ask();
  const metric = async (line: RegExp): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    return Number(line.exec(text)?.[1]);
  };
  const cpuSeconds = (): Promise<number> => metric(/^process_cpu_seconds_total (\S+)$/m);
  let cpuBefore = Promise.resolve(Number.NaN);
  const times: number[] = [];
  const start = performance.now();
  const pending: Promise<unknown>[] = [];
  for (let index = 0; index < rate * (seconds + warmUpSeconds); index += 1) {
    const dueMs = start + (index * 1000) / rate;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const isWarm = index >= rate * warmUpSeconds;
    if (index === rate * warmUpSeconds) cpuBefore = cpuSeconds();
    pending.push(ask().then(() => isWarm && times.push(performance.now() - dueMs)));
  }
  await Promise.all(pending);
  const cpuMs = (1000 * ((await cpuSeconds()) - (await cpuBefore))) / times.length;
  const within = await metric(/^admission_review_duration_seconds_bucket\{le="0.01"\} (\S+)$/m);
  const all = await metric(/^admission_review_duration_seconds_count (\S+)$/m);
  times.sort((a, b) => a - b);
  const at = (share: number): string => `${(times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(2)} ms`;
  process.stdout.write(
    `${times.length} reviews of ${body.length} bytes (answers ${answerBytes}), ${rate} a second: ` +
      `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, most ${at(0.999_999)}; ` +
      `${cpuMs.toFixed(2)} ms of processor time each, ` +
      `${((100 * within) / all).toFixed(2)} % within 10 ms by the injector's own clock\n`,
  );
} finally {
  agent.destroy();
  injector.kill('SIGTERM');
  const [code] = (await once(injector, 'exit')) as [number | null];
  process.stdout.write(`the injector ended with ${code}\n`);
}
