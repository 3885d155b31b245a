/**
 * Builds of ours beside nginx, in turns of short rounds: what a change is worth, on a machine that others use too. All
 * pairs stand at once and one works at a time, so that a disturbance meets all of them alike; judge by the ratios.
 *
 *     node bench/src/compare.ts --builds before=/path/to/a/checkout,after=. [--rounds 10] [--seconds 2] [--paced]
 *
 * A build is a folder with `apps/cli/dist` and so on: a checkout, or a copy of those folders.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '@heddle/testkit';
import { startBackend } from './backend.ts';
import { measureLatency } from './load/paced.ts';
import { type Profile, saturate } from './load/saturate.ts';
import type { Peer, RunningPair } from './peer.ts';
import { haproxyPeer } from './peers/haproxy.ts';
import { heddlePeerOf } from './peers/heddle.ts';
import { nginxPeer } from './peers/nginx.ts';
import { cpuMicros, cpuMicrosOf, mainThreadMicros, memory } from './process-usage.ts';

const { values } = parseArgs({
  options: {
    builds: { type: 'string', default: 'ours=.' },
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    profile: { type: 'string', default: 'distinct' },
    haproxy: { type: 'boolean', default: false },
    paced: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const profile = values.profile === 'same' ? 'same' : ('distinct' satisfies Profile);

interface Contender {
  readonly name: string;
  readonly dir: string;
  readonly pair: RunningPair;
  readonly rates: number[];
  readonly costs: number[];
  readonly systemCosts: number[];
  readonly mainCosts: number[];
  readonly p50s: number[];
  readonly p99s: number[];
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const pacedPerSecond = 1000;
const pace = async (url: string, p50s: number[], p99s: number[]) => {
  const { p50Ms, p99Ms } = await measureLatency(url, pacedPerSecond, seconds + 1);
  p50s.push(p50Ms);
  p99s.push(p99Ms);
  return { requests: pacedPerSecond * (seconds + 1), requestsPerSecond: pacedPerSecond };
};

const saturated = async (url: string, dir: string) => {
  const result = await saturate(url, profile, seconds, connections, dir);
  if (result.errors > 0) throw new Error(`${result.errors} errors at ${url}: this is no measurement`);
  return result;
};

const ours = values.builds.split(',').map((build) => {
  const [name = '', root = '.'] = build.split('=');
  return heddlePeerOf(name, resolve(root));
});
/** No proxies at all: what latency is added to. */
const direct: Peer = {
  name: 'direct',
  start: (port) => Promise.resolve({ url: `http://127.0.0.1:${port}`, pids: [], stop: () => Promise.resolve() }),
};

const backendDir = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
const backendPort = await freePort();
const stopBackend = await startBackend(backendDir, backendPort);
const contenders: Contender[] = [];
try {
  for (const peer of [
    ...ours,
    nginxPeer,
    ...(values.haproxy ? [haproxyPeer] : []),
    ...(values.paced ? [direct] : []),
  ]) {
    const dir = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
    const pair = await peer.start(backendPort, dir);
    contenders.push({
      name: peer.name,
      dir,
      pair,
      rates: [],
      costs: [],
      systemCosts: [],
      mainCosts: [],
      p50s: [],
      p99s: [],
    });
    await saturate(pair.url, profile, 8, connections, dir);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { pair, dir, rates, costs, systemCosts, mainCosts, p50s, p99s } of contenders) {
      const systemBefore = cpuMicrosOf(pair.pids, 'system');
      const mainBefore = mainThreadMicros(pair.pids);
      const before = cpuMicros(pair.pids);
      const { requests, requestsPerSecond } = values.paced
        ? await pace(pair.url, p50s, p99s)
        : await saturated(pair.url, dir);
      rates.push(requestsPerSecond);
      costs.push((cpuMicros(pair.pids) - before) / requests);
      systemCosts.push((cpuMicrosOf(pair.pids, 'system') - systemBefore) / requests);
      mainCosts.push((mainThreadMicros(pair.pids) - mainBefore) / requests);
    }
  }
  const nginx = contenders.find(({ name }) => name === nginxPeer.name);
  const first = contenders[0];
  /** Round by round, since rounds that stand side by side saw the same machine. */
  const ratio = (numbers: readonly number[], other: readonly number[]): string =>
    median(numbers.map((number, round) => number / (other[round] ?? Number.NaN))).toFixed(3);
  for (const { name, pair, rates, costs, systemCosts, mainCosts, p50s, p99s } of contenders) {
    const latency = values.paced ? `, p50 ${median(p50s).toFixed(3)} ms, p99 ${median(p99s).toFixed(2)} ms` : '';
    process.stdout.write(
      `${name}: ${median(rates).toFixed(0)}/s, ${ratio(rates, nginx?.rates ?? [])} of nginx; ` +
        `CPU ${median(costs).toFixed(1)} µs, ${ratio(costs, nginx?.costs ?? [])} of nginx (least ${Math.min(...costs).toFixed(1)}, system ${median(systemCosts).toFixed(1)}, main threads ${median(mainCosts).toFixed(1)}, ${ratio(mainCosts, nginx?.mainCosts ?? [])} of nginx, ${ratio(mainCosts, first?.mainCosts ?? [])} of ${first?.name})${latency}; ` +
        `private ${(memory(pair.pids).privateMiB / 2).toFixed(1)} MiB\n`,
    );
  }
} finally {
  for (const { pair, dir } of contenders) {
    await pair.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  await stopBackend();
  rmSync(backendDir, { recursive: true, force: true });
}
