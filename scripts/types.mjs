#!/usr/bin/env node
// Type-checks the tree, then the pure packages once more without Node's types, timers, `Date` and `Math.random`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
let status = 0;
for (const project of ['tsconfig.json', 'tsconfig.pure.json']) {
  const result = spawnSync(process.execPath, [tsc, '--pretty', '-p', join(root, project)], {
    cwd: root,
    stdio: 'inherit',
  });
  status ||= result.status ?? 1;
}
process.exitCode = status;
