#!/usr/bin/env node
// Compiles the native addon: native/original-destination.c -> dist/original-destination.node. It is needed where the
// kernel redirects traffic (in a pod), so a machine without a C compiler gets a message and everything else works.
// Another folder than dist/ can be the argument; CC names another compiler, one for another processor perhaps.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { include_dir as headers } from 'node-api-headers';

const source = join(import.meta.dirname, 'original-destination.c');
const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'dist');
const target = join(folder, 'original-destination.node');

const works = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find((command) => command && works(command));

if (process.platform !== 'linux') {
  console.log('native addon: only Linux redirects traffic; not built, and not needed for local mode');
} else if (compiler === undefined) {
  console.log('native addon: no C compiler found (CC, cc, gcc, clang); not built. Only traffic redirection needs it.');
} else {
  mkdirSync(folder, { recursive: true });
  const flags = [
    '-shared',
    '-fPIC',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-fstack-protector-strong',
    '-Wl,-z,relro,-z,now',
  ];
  // Made aside and put in place whole: others may copy or load it meanwhile.
  const made = `${target}.${process.pid}`;
  const result = spawnSync(compiler, [...flags, `-I${headers}`, source, '-o', made], { stdio: 'inherit' });
  if (result.status !== 0) {
    rmSync(made, { force: true });
    console.error(`native addon: ${compiler} could not compile ${source}; its message is above`);
    process.exitCode = 1;
  } else {
    renameSync(made, target);
    console.log(`native addon: built with ${compiler}`);
  }
}
