#!/usr/bin/env node
// A third-party package has one owner in this repository: the workspace that imports it and hides it from the others.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const owners = {
  '@bufbuild/protobuf': ['packages/api'],
  '@grpc/grpc-js': ['packages/api'],
  commander: ['apps/cli'],
  // Verifies tokens in identity; signs them where a test or the local mesh plays the API server.
  jose: ['apps/identity', 'apps/cli', 'packages/testkit'],
  pino: ['packages/telemetry'],
  'prom-client': ['packages/telemetry'],
  re2js: ['packages/policy'],
  // Manifests, and the kubeconfig file.
  yaml: ['packages/manifests', 'packages/k8s'],
  zod: ['packages/crds'],
};

const problems = [];
for (const group of ['packages', 'apps']) {
  for (const name of readdirSync(join(root, group))) {
    const workspace = `${group}/${name}`;
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@heddle/')) continue;
      if (owners[dependency] === undefined) {
        problems.push(`${workspace}: ${dependency} has no owner; name one in scripts/owners.mjs and say why in an ADR`);
      } else if (!owners[dependency].includes(workspace)) {
        problems.push(`${workspace}: ${dependency} belongs to ${owners[dependency].join(', ')}; use what that exports`);
      }
    }
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
