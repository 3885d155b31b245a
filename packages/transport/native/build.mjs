#!/usr/bin/env node
// Compiles the native addons: native/NAME.c -> dist/NAME.node. One is needed where the kernel redirects traffic (in a
// pod), the other makes plain sockets cheaper, so a machine without a C compiler gets a message and the rest works.
// Another folder than dist/ can be the argument; CC names another compiler, one for another processor perhaps.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { include_dir as headers } from 'node-api-headers';

const names = ['original-destination', 'batched-io'];
const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'dist');

const works = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find((command) => command && works(command));

if (process.platform !== 'linux') {
  console.log('native addons: only Linux has what they use; not built, and not needed for local mode');
} else if (compiler === undefined) {
  console.log(
    'native addons: no C compiler found (CC, cc, gcc, clang); not built. Only traffic redirection needs one.',
  );
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
  for (const name of names) {
    const source = join(import.meta.dirname, `${name}.c`);
    const target = join(folder, `${name}.node`);
    // Made aside and put in place whole: others may copy or load it meanwhile.
    const made = `${target}.${process.pid}`;
    const result = spawnSync(compiler, [...flags, `-I${headers}`, source, '-o', made], { stdio: 'inherit' });
    if (result.status === 0) {
      renameSync(made, target);
      console.log(`native addon: ${name} built with ${compiler}`);
    } else {
      rmSync(made, { force: true });
      console.error(`native addon: ${compiler} could not compile ${source}; its message is above`);
      process.exitCode = 1;
    }
  }
}
