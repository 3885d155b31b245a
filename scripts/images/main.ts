/**
 * `pnpm images`: makes the container images without a daemon and without a registry, from the same Dockerfiles that
 * docker and buildah build, and writes them to one archive. `--with docker|buildah` lets one of those build instead.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { writeArchive } from './archive.ts';
import { buildImage, type Image } from './build.ts';
import {
  type Architecture,
  architectures,
  type ImageDefinition,
  images,
  nodeNames,
  referenceOf,
  root,
  version,
} from './catalogue.ts';
import { stage } from './stage.ts';

const usage = `usage: pnpm images [--arch amd64|arm64] [--no-tests] [--each] [--sizes]
       pnpm images [--arch amd64|arm64] [--no-tests] --with docker|buildah [-- ARGUMENT...]
  --arch      for this processor instead of the machine's (CC then names a cross compiler)
  --no-tests  without the images that only examples and tests use
  --each      one archive for each image, beside the one that has them all
  --sizes     also say what a registry would transfer, compressed (takes a while)
  --with      build by this program, into its own store; the arguments after -- go to its build command
`;

const { values, positionals } = parseArgs({
  options: {
    arch: { type: 'string' },
    tests: { type: 'boolean', default: true },
    each: { type: 'boolean', default: false },
    sizes: { type: 'boolean', default: false },
    with: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowNegative: true,
  allowPositionals: true,
});

const own = architectures.find((each) => nodeNames[each] === process.arch);
const wanted = values.arch ?? own;
const architecture = architectures.find((each) => each === wanted);
if (values.help || architecture === undefined || (positionals.length > 0 && values.with === undefined)) {
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 64);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1).padStart(6)} MB`;

const main = (arch: Architecture): void => {
  run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', '--log-prefix=none']);
  stage(arch);
  const chosen = images.filter(({ isForTests }) => values.tests || !isForTests);
  if (values.with !== undefined) {
    for (const definition of chosen) buildWith(values.with, definition, arch);
    return;
  }
  const built = new Map<string, Image>();
  for (const definition of chosen) built.set(definition.name, buildImage(definition, arch, built));
  const out = join(root, 'dist', 'images');
  mkdirSync(out, { recursive: true });
  const file = join(out, `heddle-${version}-${arch}.tar`);
  writeArchive(file, [...built.values()], arch);
  report([...built.values()], file);
  if (!values.each) return;
  for (const image of built.values()) writeArchive(join(out, `${image.name}-${version}-${arch}.tar`), [image], arch);
};

/** Stages that unpack packages run on this machine's processor, whichever the image is for: none needs an emulator. */
const buildWith = (program: string, { name, folder }: ImageDefinition, arch: Architecture): void => {
  const file = join(folder, 'Dockerfile');
  const text = readFileSync(join(root, file), 'utf8');
  const known = {
    BASE_IMAGE: referenceOf(name === 'init' ? 'redirect' : 'runtime'),
    BUILDPLATFORM: `linux/${own ?? arch}`,
    TARGETARCH: arch,
  };
  const buildArgs = Object.entries(known).flatMap(([key, value]) =>
    new RegExp(`^ARG ${key}\\b`, 'm').test(text) ? ['--build-arg', `${key}=${value}`] : [],
  );
  const args = ['--platform', `linux/${arch}`, ...buildArgs, ...positionals];
  run(program, ['build', ...args, '-f', file, '-t', referenceOf(name), '.']);
};

/** What an image weighs, and how much of that is its own. */
const report = (all: readonly Image[], file: string): void => {
  const compressed = new Map<string, number>();
  const transferred = (image: Image): number =>
    image.layers.reduce((sum, { digest, file: layer }) => {
      const known = compressed.get(digest) ?? gzipSync(readFileSync(layer)).length;
      compressed.set(digest, known);
      return sum + known;
    }, 0);
  const bases = new Set(
    all.filter(({ name }) => name === 'runtime' || name === 'redirect').flatMap(({ layers }) => layers),
  );
  for (const image of all) {
    const total = image.layers.reduce((sum, { bytes }) => sum + bytes, 0);
    const ownBytes = image.layers.reduce((sum, layer) => sum + (bases.has(layer) ? 0 : layer.bytes), 0);
    const sent = values.sizes ? `, ${megabytes(transferred(image))} compressed` : '';
    process.stdout.write(
      `${image.reference.padEnd(28)} ${megabytes(total)}, ${megabytes(ownBytes)} of its own${sent}\n`,
    );
  }
  process.stdout.write(
    `${relative(process.cwd(), file)} ${megabytes(statSync(file).size)}: all of them, shared layers once\n`,
  );
};

const run = (program: string, args: readonly string[]): void => {
  const result = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(`${program} ${args[0] ?? ''} failed`);
};

main(architecture);
