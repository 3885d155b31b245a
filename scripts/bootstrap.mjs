#!/usr/bin/env node
// What `npm run demo` and `npm test` call on a machine that has only Node 20+ and npm (plain JavaScript for that reason).
// It installs the pinned package manager and the pinned Node.js into .tools/ (integrity-checked by the lockfile beside
// scripts/toolchain/package.json; no install script runs), installs the dependencies from the frozen lockfile, builds
// what the command needs, and runs it. Everything it does, it says.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolchainSource = join(root, 'scripts', 'toolchain');
const tools = join(root, '.tools');
const toolsBin = join(tools, 'bin');

const [command, ...args] = process.argv.slice(2);
const commands = { setup, demo, test, exec };
if (!Object.hasOwn(commands, command ?? '')) {
  fail(`usage: node scripts/bootstrap.mjs ${Object.keys(commands).join('|')} [arguments]`);
}

checkPlatform();
installToolchain();
const env = { ...process.env, PATH: `${toolsBin}${delimiter}${process.env.PATH ?? ''}`, TURBO_TELEMETRY_DISABLED: '1' };
installDependencies();
process.exitCode = commands[command]();

/** Only makes everything ready. */
function setup() {
  say(`ready; put ${join('.tools', 'bin')} first on your PATH to use the pinned node and pnpm`);
  return 0;
}

/** The README's main command: the mesh on real processes, with the booksapp policy. */
function demo() {
  build();
  return run('node', [join('apps', 'cli', 'dist', 'main.js'), 'local', 'up', join('examples', 'booksapp'), ...args]);
}

/** The README's test command. Arguments go to vitest. */
function test() {
  build();
  return run('node', [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...args]);
}

/** Runs any command with the pinned tools on PATH: `node scripts/bootstrap.mjs exec pnpm check`. */
function exec() {
  const [program, ...rest] = args;
  return program === undefined ? fail('exec: which command?') : run(program, rest);
}

function checkPlatform() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) fail(`Node.js ${process.versions.node} is too old to start from; install Node.js 20 or newer`);
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    fail(
      `Heddle runs on Linux x64 and arm64; this is ${process.platform} ${process.arch}. Use a Linux machine, virtual machine or container.`,
    );
  }
  const glibc = process.report?.getReport?.().header?.glibcVersionRuntime;
  if (!glibc)
    fail(
      'Heddle needs a Linux with glibc; this one has another C library (Alpine, for example). Use a Debian, Ubuntu or Fedora container.',
    );
}

function installToolchain() {
  const lock = readFileSync(join(toolchainSource, 'package-lock.json'));
  const stamp = createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');
  const stampFile = join(tools, 'stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('fetching the pinned Node.js and pnpm (about 80 MB, once)');
  rmSync(tools, { recursive: true, force: true });
  mkdirSync(toolsBin, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(toolchainSource, file), join(tools, file));
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: tools,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (npm.status !== 0)
    fail(
      'npm could not install the toolchain; the lines above say why. Check that the npm registry can be reached and run the command again.',
    );
  link(join(tools, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'), 'node');
  link(join(tools, 'node_modules', '@pnpm', `exe.linux-${process.arch}`, 'pnpm'), 'pnpm');
  writeFileSync(stampFile, stamp);
}

function link(target, name) {
  if (!existsSync(target))
    fail(`the toolchain was installed, but ${target} is missing; delete .tools/ and run the command again`);
  symlinkSync(target, join(toolsBin, name));
}

function installDependencies() {
  const stampFile = join(root, 'node_modules', '.heddle-installed');
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('installing dependencies from the lockfile');
  const status = run('pnpm', [
    'install',
    '--frozen-lockfile',
    '--ignore-scripts',
    '--reporter=append-only',
    '--loglevel=warn',
  ]);
  if (status !== 0) fail('pnpm could not install the dependencies; the lines above say why');
  writeFileSync(stampFile, stamp);
}

function build() {
  say('building (cached when nothing changed)');
  const status = run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', '--log-prefix=none'], {
    quiet: true,
  });
  if (status !== 0) fail('the build failed; the lines above say why');
}

function run(program, programArgs, { quiet = false } = {}) {
  const result = spawnSync(program, programArgs, {
    cwd: root,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  if (result.error) fail(`${program} could not be started: ${result.error.message}`);
  if (quiet && result.status !== 0) process.stderr.write(`${result.stdout.toString()}${result.stderr.toString()}`);
  return result.status ?? 1;
}

function say(text) {
  process.stderr.write(`heddle: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`heddle: ${text}\n`);
  process.exit(1);
}
