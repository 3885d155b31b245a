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

/** The bootstrap installs the machine's own; another one is a package of the same name with the other architecture. */
const nodeBinary = (architecture: Architecture): string => {
  const name = `node-linux-${nodeNames[architecture]}`;
  const file = join(root, '.tools', 'node_modules', name, 'bin', 'node');
  if (existsSync(file)) return file;
  if (nodeNames[architecture] === process.arch) return process.execPath;
  throw new Error(
    `${file} is missing; run: npm --prefix .tools install --no-save --force --ignore-scripts ${name}@${process.version.slice(1)}`,
  );
};

const run = (program: string, args: readonly string[]): void => {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} failed${error === undefined ? '' : `: ${error.message}`}`);
};
