#!/usr/bin/env node
// Bundles the app in the current folder: src/main.ts -> dist/main.js, one file with everything in it but Node itself.
// Images and local mode run these bundles; packages are never built on their own.
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const app = process.cwd();
const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const isSidecar = basename(app) === 'proxy';
/** The engine keeps a source text in memory, with two bytes a character if one of them is beyond Latin-1. */
const oneByteText = (code) =>
  code.replaceAll(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const bundle = await rolldown({
  input: join(app, 'src', 'main.ts'),
  platform: 'node',
  transform: { define: { HEDDLE_VERSION: JSON.stringify(version) } },
  // @grpc/grpc-js loads .proto files only for its channelz and xDS services, which nothing here serves.
  resolve: { alias: { '@grpc/proto-loader': join(import.meta.dirname, 'absent-module.cjs') } },
  // Optional accelerators that libraries look for and live without.
  external: ['pino-pretty'],
});
const { output } = await bundle.write({
  file: join(app, 'dist', 'main.js'),
  format: 'esm',
  codeSplitting: false,
  // Every pod carries a sidecar, and its text. Names stay, so that a stack trace says where it was.
  minify: isSidecar && { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  // Licences stay.
  comments: { legal: true, annotation: false, jsdoc: false },
  plugins: [{ name: 'one-byte-text', renderChunk: oneByteText }],
});
await bundle.close();
// What went into the bundle, for the tests that keep heavy packages out of the data plane.
const nameOf = (id) =>
  id.includes('/node_modules/') ? id.replace(/^.*\/node_modules\//, '') : `./${relative(root, id)}`;
const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
writeFileSync(
  join(app, 'dist', 'modules.json'),
  `${JSON.stringify(
    modules.map(nameOf).toSorted((a, b) => (a < b ? -1 : 1)),
    null,
    1,
  )}\n`,
);

// The native addon is looked for beside the bundle that loads it. Without a C compiler there is none.
const addonName = 'original-destination.node';
const addon = join(root, 'packages', 'transport', 'dist', addonName);
// Whoever loads it says so by this text; the module alone is in every bundle that has a listener.
const needsAddon = output.some(
  (chunk) => chunk.type === 'chunk' && chunk.code.includes('redirection needs the native addon'),
);
if (needsAddon && existsSync(addon)) {
  // Replaced, not written over: a running process has the old file mapped into its memory.
  const copy = join(app, 'dist', `${addonName}.${process.pid}`);
  copyFileSync(addon, copy);
  renameSync(copy, join(app, 'dist', addonName));
} else if (needsAddon) {
  console.log(`${addonName} is not built: this bundle cannot serve redirected traffic`);
}
