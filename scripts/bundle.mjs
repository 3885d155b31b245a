#!/usr/bin/env node
// Bundles the app in the current folder: src/main.ts -> dist/main.js, one file with everything in it but Node itself.
// Images and local mode run these bundles; packages are never built on their own.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const app = process.cwd();
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'));
const bundle = await rolldown({
  input: join(app, 'src', 'main.ts'),
  platform: 'node',
  transform: { define: { HEDDLE_VERSION: JSON.stringify(version) } },
  // Optional accelerators that libraries look for and live without.
  external: ['pino-pretty'],
});
const { output } = await bundle.write({
  file: join(app, 'dist', 'main.js'),
  format: 'esm',
  codeSplitting: false,
  minify: false,
});
await bundle.close();
// What went into the bundle, for the tests that keep heavy packages out of the data plane.
const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
writeFileSync(
  join(app, 'dist', 'modules.json'),
  `${JSON.stringify(modules.map((id) => id.replace(/^.*\/node_modules\//, '')).sort(), null, 1)}\n`,
);
