/**
 * What the images hold that depends on the processor, gathered in dist/images/stage/<architecture>/: the pinned Node.js
 * and what is compiled from C. For another architecture than the machine's, CC names a cross compiler.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, nodeNames, root } from './catalogue.ts';

export const stageFolder = (architecture: Architecture): string => join(root, 'dist', 'images', 'stage', architecture);

export const stage = (architecture: Architecture): void => {
  const folder = stageFolder(architecture);
  mkdirSync(folder, { recursive: true });
  copyFileSync(nodeBinary(architecture), join(folder, 'node'));
  run(process.execPath, [join(root, 'packages/transport/native/build.mjs'), folder]);
  if (!existsSync(join(folder, 'original-destination.node'))) {
    throw new Error('the proxy image needs the native addon, and that a C compiler; install gcc, or name one in CC');
  }
  const source = join(root, 'apps/init/native/with-capabilities.c');
  const compiler = process.env['CC'] ?? 'cc';
  run(compiler, [
    '-O2',
    '-static',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-s',
    '-o',
    join(folder, 'with-capabilities'),
    source,
  ]);
};

/** The bootstrap installs the machine's own into .tools/; another one comes from the same lockfile, integrity-checked. */
const nodeBinary = (architecture: Architecture): string => {
  const path = join('node_modules', `node-linux-${nodeNames[architecture]}`, 'bin', 'node');
  const installed = join(root, '.tools', path);
  if (existsSync(installed)) return installed;
  if (nodeNames[architecture] === process.arch) return process.execPath;
  const folder = join(root, 'dist', 'images', 'toolchain', `${architecture}-${process.version}`);
  if (!existsSync(join(folder, path))) {
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(root, 'scripts', 'toolchain', file), join(folder, file));
    const only = [`--cpu=${nodeNames[architecture]}`, '--ignore-scripts', '--no-audit', '--no-fund'];
    run('npm', ['--prefix', folder, 'ci', ...only]);
  }
  return join(folder, path);
};

const run = (program: string, args: readonly string[]): void => {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} failed${error === undefined ? '' : `: ${error.message}`}`);
};
