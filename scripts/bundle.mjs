#!/usr/bin/env node
// Bundles the app in the current folder: src/main.ts, or the argument -> dist/main.js, one file with everything in it but
// Node itself.
// Images and local mode run these bundles; packages are never built on their own.
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const app = process.cwd();
const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const isSidecar = basename(app) === 'proxy';
/** The engine keeps a source text in memory, with two bytes a character if one of them is beyond Latin-1. */
const oneByteText = {
  name: 'one-byte-text',
  // After the minifier, which writes characters rather than escapes.
  generateBundle(_, chunks) {
    for (const chunk of Object.values(chunks)) {
      if (chunk.type !== 'chunk') continue;
      chunk.code = chunk.code.replaceAll(
        /[^\0-\xff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/**
 * To import a module of Node is to read all its exports, also those that load more of Node when they are read: the
 * WebSocket of `node:http` brings the whole of undici, 4 MB in every process. What is required is read only when used.
 */
const requiredPrefix = '\0required:';
const requiredBuiltins = {
  name: 'required-builtins',
  resolveId: (id) => (id.startsWith('node:') && isBuiltin(id) ? `${requiredPrefix}${id}` : undefined),
  load: (id) => {
    if (!id.startsWith(requiredPrefix)) return undefined;
    const name = id.slice(requiredPrefix.length);
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(name)));
    const exported = descriptors.filter(([, descriptor]) => !('get' in descriptor)).map(([key]) => key);
    return [
      `const builtin = process.getBuiltinModule(${JSON.stringify(name)});`,
      'export default builtin;',
      ...exported.map((key) => `export const ${key} = builtin.${key};`),
    ].join('\n');
  },
};

const bundle = await rolldown({
  input: join(app, process.argv[2] ?? join('src', 'main.ts')),
  platform: 'node',
  transform: { define: { HEDDLE_VERSION: JSON.stringify(version) } },
  // @grpc/grpc-js loads .proto files only for its channelz and xDS services, which nothing here serves.
  resolve: { alias: { '@grpc/proto-loader': join(import.meta.dirname, 'absent-module.cjs') } },
  // Optional accelerators that libraries look for and live without.
  external: ['pino-pretty'],
  plugins: [requiredBuiltins],
  // What cannot be found would be left for run time, where it cannot be found either.
  onLog(level, log, report) {
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    report(level, log);
  },
});
const { output } = await bundle.write({
  file: join(app, 'dist', 'main.js'),
  format: 'esm',
  codeSplitting: false,
  // Every pod carries a sidecar, and its text. Names stay, so that a stack trace says where it was.
  minify: isSidecar && { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  // Licences stay.
  comments: { legal: true, annotation: false, jsdoc: false },
  plugins: [oneByteText],
});
await bundle.close();
// What went into the bundle, for the tests that keep heavy packages out of the data plane.
const nameOf = (id) =>
  id.includes('/node_modules/') ? id.replace(/^.*\/node_modules\//, '') : `./${relative(root, id)}`;
const modules = output
  .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
  .filter((id) => !id.startsWith(requiredPrefix));
writeFileSync(
  join(app, 'dist', 'modules.json'),
  `${JSON.stringify(
    modules.map(nameOf).toSorted((a, b) => (a < b ? -1 : 1)),
    null,
    1,
  )}\n`,
);

// Native addons are looked for beside the bundle that loads them. Without a C compiler there are none.
const addons = join(root, 'packages', 'transport', 'dist');
// Whoever loads one says so by this text; the modules alone are in every bundle that has a listener.
const needed = [
  ['original-destination.node', 'redirection needs the native addon'],
  ['batched-io.node', 'batched-io.node'],
];
for (const [name, text] of needed) {
  if (!output.some((chunk) => chunk.type === 'chunk' && chunk.code.includes(text))) continue;
  if (existsSync(join(addons, name))) {
    // Replaced, not written over: a running process has the old file mapped into its memory.
    const copy = join(app, 'dist', `${name}.${process.pid}`);
    copyFileSync(join(addons, name), copy);
    renameSync(copy, join(app, 'dist', name));
  } else {
    console.log(`${name} is not built: see packages/transport/native`);
  }
}
