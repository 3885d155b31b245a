/**
 * `pnpm fuzz [--seconds N] [--seed S] [--target NAME]`: fuzzes every codec at once, each in a process of its own at low
 * priority, and sums up. Exits 1 if any target failed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'packages/wire/fuzz/main.ts');
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true },
  },
});

const listed = spawnSync(process.execPath, [main, '--list'], { encoding: 'utf8' });
if (listed.status !== 0) {
  console.error(listed.stderr);
  process.exit(1);
}
const names = values.target ?? listed.stdout.trim().split('\n');

/** Runs one target; resolves with its exit code and its last line. */
const run = (name) =>
  new Promise((resolve) => {
    const options = ['--target', name, '--seconds', values.seconds, '--seed', values.seed];
    const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.pid !== undefined) setPriority(child.pid, 15);
    let summary = `${name}: said nothing`;
    createInterface({ input: child.stdout }).on('line', (line) => {
      summary = line;
      if (line.endsWith(': running')) console.log(line);
    });
    child.on('error', (error) => resolve({ code: 1, summary: `${name}: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, summary }));
  });

console.log(`fuzzing ${names.join(', ')} for ${values.seconds} s`);
const results = await Promise.all(names.map(run));
console.log('');
for (const { summary } of results) console.log(summary);
const failed = results.filter(({ code }) => code !== 0).length;
console.log(`${results.length - failed} targets passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
