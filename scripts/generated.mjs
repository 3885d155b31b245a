#!/usr/bin/env node
// Regenerates what is generated and fails if that changes a committed file.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const run = (program, args, stdio = 'inherit') => spawnSync(program, args, { cwd: root, stdio, encoding: 'utf8' });

const before = run(
  'git',
  ['status', '--porcelain', '--', '**/src/gen/**', 'docs/reference', 'deploy/charts'],
  'pipe',
).stdout;
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
const generated = spawnSync('pnpm', ['exec', 'turbo', 'run', 'generate', '--force', '--output-logs=errors-only'], {
  cwd: root,
  stdio: 'inherit',
  env,
});
const after = run(
  'git',
  ['status', '--porcelain', '--', '**/src/gen/**', 'docs/reference', 'deploy/charts'],
  'pipe',
).stdout;
if (generated.status !== 0) process.exitCode = 1;
else if (before !== after) {
  process.stderr.write(`generated files are not up to date; commit what \`pnpm generate\` changed:\n${after}`);
  process.exitCode = 1;
}
