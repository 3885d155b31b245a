/**
 * `pnpm bench`: our proxy pair beside nginx's and HAProxy's, in one run, on one machine: HTTP/1.1 keep-alive in, mutual
 * TLS 1.3 between the two, policy and metrics on in ours. Prints a table and writes it to bench/results/.
 *
 *     pnpm bench [--seconds 5] [--rounds 5] [--connections 32] [--settle 60] [--peers Heddle,nginx,HAProxy]
 *
 * Idle memory is read when a pair has been idle for `--settle` seconds.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '@heddle/testkit';
import { startBackend } from './backend.ts';
import { type Latency, measureLatency } from './load/paced.ts';
import { type Profile, saturate } from './load/saturate.ts';
import type { Peer } from './peer.ts';
import { haproxyPeer } from './peers/haproxy.ts';
import { heddlePeer } from './peers/heddle.ts';
import { nginxPeer } from './peers/nginx.ts';
import { cpuMicros, type Memory, memory } from './process-usage.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    settle: { type: 'string', default: '60' },
    peers: { type: 'string', default: 'Heddle,nginx,HAProxy' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const connections = Number(values.connections);
const settleMs = Number(values.settle) * 1000;
const pacedPerSecond = 1000;

interface ProfileResult {
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
}

interface PeerResult {
  readonly name: string;
  readonly idle: Memory;
  readonly profiles: Readonly<Record<Profile, ProfileResult>>;
  readonly added: Latency;
  readonly pacedCpuMicros: number;
}

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

const measureProfile = async (
  url: string,
  pids: readonly number[],
  profile: Profile,
  dir: string,
): Promise<ProfileResult> => {
  const rates: number[] = [];
  const costs: number[] = [];
  await saturate(url, profile, 2, connections, dir);
  for (let round = 0; round < rounds; round += 1) {
    const before = cpuMicros(pids);
    const result = await saturate(url, profile, seconds, connections, dir);
    if (result.errors > 0) throw new Error(`${result.errors} errors at ${url}: this is no measurement`);
    rates.push(result.requestsPerSecond);
    costs.push((cpuMicros(pids) - before) / result.requests);
  }
  return { requestsPerSecond: median(rates), cpuMicrosPerRequest: median(costs) };
};

const measurePeer = async (peer: Peer, backendPort: number, direct: Latency): Promise<PeerResult> => {
  const dir = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  const pair = await peer.start(backendPort, dir);
  try {
    await new Promise((wake) => setTimeout(wake, settleMs));
    const idle = memory(pair.pids);
    const same = await measureProfile(pair.url, pair.pids, 'same', dir);
    const distinct = await measureProfile(pair.url, pair.pids, 'distinct', dir);
    const latencies: Latency[] = [];
    const before = cpuMicros(pair.pids);
    for (let round = 0; round < rounds; round += 1) {
      latencies.push(await measureLatency(pair.url, pacedPerSecond, seconds));
    }
    return {
      name: peer.name,
      idle,
      profiles: { same, distinct },
      added: {
        p50Ms: median(latencies.map(({ p50Ms }) => p50Ms)) - direct.p50Ms,
        p99Ms: median(latencies.map(({ p99Ms }) => p99Ms)) - direct.p99Ms,
      },
      pacedCpuMicros: (cpuMicros(pair.pids) - before) / (rounds * pacedPerSecond * seconds),
    };
  } finally {
    await pair.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};

const table = (results: readonly PeerResult[]): string => {
  const row = (title: string, cell: (result: PeerResult) => string): string =>
    `| ${title} | ${results.map(cell).join(' | ')} |`;
  const profileRows = (['same', 'distinct'] as const).flatMap((profile) => [
    row(`${profile}: requests/s`, ({ profiles }) => profiles[profile].requestsPerSecond.toFixed(0)),
    row(`${profile}: CPU µs per request, both proxies`, ({ profiles }) =>
      profiles[profile].cpuMicrosPerRequest.toFixed(1),
    ),
  ]);
  return [
    row('pair', ({ name }) => name),
    row('---', () => '---').replaceAll(' ', ''),
    ...profileRows,
    row(`p50 added at ${pacedPerSecond}/s, ms`, ({ added }) => added.p50Ms.toFixed(3)),
    row(`p99 added at ${pacedPerSecond}/s, ms`, ({ added }) => added.p99Ms.toFixed(3)),
    row(`CPU µs per request at ${pacedPerSecond}/s`, ({ pacedCpuMicros }) => pacedCpuMicros.toFixed(0)),
    row('idle RSS, both, MiB', ({ idle }) => idle.residentMiB.toFixed(0)),
    row('idle private memory, per proxy, MiB', ({ idle }) => (idle.privateMiB / 2).toFixed(1)),
  ].join('\n');
};

const wanted = values.peers.split(',');
const peers = [heddlePeer, nginxPeer, haproxyPeer].filter(({ name }) => wanted.includes(name));
const dir = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
const backendPort = await freePort();
const stopBackend = await startBackend(dir, backendPort);
const results: PeerResult[] = [];
try {
  const direct = await measureLatency(`http://127.0.0.1:${backendPort}`, pacedPerSecond, seconds);
  for (const peer of peers) {
    process.stderr.write(`${peer.name}…\n`);
    results.push(await measurePeer(peer, backendPort, direct));
  }
} finally {
  await stopBackend();
  rmSync(dir, { recursive: true, force: true });
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}`;
const report = `${machine}; ${connections} connections, ${rounds} rounds of ${seconds} s, medians; idle for ${values.settle} s\n\n${table(results)}\n`;
mkdirSync(join(import.meta.dirname, '../results'), { recursive: true });
writeFileSync(join(import.meta.dirname, '../results/latest.md'), report);
process.stdout.write(`\n${report}`);
