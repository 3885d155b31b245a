/**
 * How long a policy edit takes to be enforced: from the moment the file is written to the first answer that follows the
 * new policy, seen by a client that asks again and again. `node bench/src/policy-latency.ts [--edits 100]`.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startChild, stopChild } from './child.ts';
import { awaitState, writeBenchMesh } from './peers/heddle.ts';

const { values } = parseArgs({ options: { edits: { type: 'string', default: '100' } } });
const edits = Number(values.edits);

const dir = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
writeBenchMesh(dir);
const stateDir = join(dir, 'state');
const startedMs = performance.now();
const cli = join(import.meta.dirname, '../../apps/cli/dist/main.js');
const mesh = startChild([process.execPath, cli, 'local', 'up', dir, '--state-dir', stateDir], join(dir, 'heddle.log'));
try {
  const state = await awaitState(join(stateDir, 'state.json'), join(dir, 'heddle.log'));
  const readyMs = performance.now() - startedMs;
  const client = state.workloads.find(({ name }) => name === 'client');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const port = client?.outbound[0]?.listenPort ?? 0;
      request({ host: client?.address ?? '', port, path: '/items/1', agent }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      })
        .once('error', reject)
        .end();
    });
  const file = join(dir, 'k8s', 'bench.yaml');
  const granted = readFileSync(file, 'utf8');
  const revoked = granted.replaceAll(
    '"name":"client","namespace":"bench"}]',
    '"name":"stranger","namespace":"bench"}]',
  );
  if (revoked === granted) throw new Error('the manifest no longer has the grant that this benchmark takes away');
  const tookMs: number[] = [];
  for (let edit = 0; edit < edits; edit += 1) {
    const isRevoking = edit % 2 === 0;
    writeFileSync(`${file}.next`, isRevoking ? revoked : granted);
    const editedMs = performance.now();
    renameSync(`${file}.next`, file);
    while ((await ask()) !== (isRevoking ? 403 : 200)) {
      if (performance.now() - editedMs > 10_000) throw new Error(`edit ${edit} had no effect in 10 s`);
    }
    tookMs.push(performance.now() - editedMs);
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number): string => (tookMs[Math.max(0, Math.ceil(tookMs.length * share) - 1)] ?? 0).toFixed(1);
  process.stdout.write(
    `${edits} edits: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; mesh ready after ${(readyMs / 1000).toFixed(1)} s\n`,
  );
  agent.destroy();
} finally {
  await stopChild(mesh);
  rmSync(dir, { recursive: true, force: true });
}
