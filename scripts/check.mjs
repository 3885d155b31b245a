#!/usr/bin/env node
// `pnpm check`: everything CI and a reviewer would look at. Runs every step, then says which failed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const steps = {
  format: ['biome', 'check', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  types: ['node', 'scripts/types.mjs'],
  boundaries: ['turbo', 'boundaries'],
  owners: ['node', 'scripts/owners.mjs'],
  generated: ['node', 'scripts/generated.mjs'],
  unused: ['knip'],
  build: ['turbo', 'run', 'build', '--output-logs=errors-only'],
  tests: ['vitest', 'run'],
};

const wanted = process.argv.slice(2);
const failed = [];
for (const [name, [program, ...args]] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n── ${name}: ${[program, ...args].join(' ')}\n`);
  const command = program === 'node' ? [process.execPath, args] : ['pnpm', ['exec', program, ...args]];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  if (spawnSync(command[0], command[1], { cwd: root, stdio: 'inherit', env }).status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? '\nall checks passed\n' : `\nfailed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
