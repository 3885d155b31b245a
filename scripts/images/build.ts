/** Makes an image from its Dockerfile without a daemon: one layer for each COPY, on the layers of its base. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type Architecture, type ImageDefinition, referenceOf, root } from './catalogue.ts';
import { type Copy, readDockerfile } from './dockerfile.ts';
import { type FileCapabilities, type Layer, treeOf, writeLayer } from './layer.ts';
import { stageFolder } from './stage.ts';

export interface Image {
  readonly name: string;
  readonly reference: string;
  readonly layers: readonly Layer[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
}

const netAdmin = 12;
const netRaw = 13;

/** @param known images already made, which others stand on */
export const buildImage = (
  definition: ImageDefinition,
  architecture: Architecture,
  known: ReadonlyMap<string, Image>,
): Image => {
  const reference = referenceOf(definition.name);
  const folder = join(root, definition.folder);
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8');
  const recipe = readDockerfile(text, { TARGETARCH: architecture });
  const base = recipe.base === undefined ? undefined : known.get(recipe.base.replace(/^heddle\/([^:]*):.*$/, '$1'));
  if (recipe.base !== undefined && base === undefined) throw new Error(`${definition.folder}: no image ${recipe.base}`);
  const work = join(root, 'dist', 'images', 'layers', architecture);
  mkdirSync(work, { recursive: true });
  const layers = recipe.copies.map((copy, index) => {
    const packages = copy.stage === undefined ? undefined : packagesStage(definition, architecture);
    const file = join(work, `${definition.name}-${index}.tar`);
    return writeLayer(file, treeFor(copy, packages?.folder ?? root), packages?.capabilities);
  });
  return {
    name: definition.name,
    reference,
    layers: [...(base?.layers ?? []), ...layers],
    env: { ...base?.env, ...recipe.env },
    user: recipe.user ?? base?.user ?? '0:0',
    workdir: recipe.workdir ?? base?.workdir ?? '/',
    entrypoint: recipe.entrypoint ?? base?.entrypoint ?? [],
  };
};

/** As docker does: a folder's content goes into the target, a file below a target that ends with a slash. */
const treeFor = ({ sources, target, stage }: Copy, context: string): Map<string, string> => {
  const tree = new Map<string, string>();
  for (const source of sources) {
    const from = stage === undefined ? join(context, source) : join(context, source.replace(/^\/rootfs/, ''));
    if (!existsSync(from)) throw new Error(`${from} is missing; is everything built?`);
    const isInside = target.endsWith('/') && !statSync(from).isDirectory();
    for (const [path, file] of treeOf(from, isInside ? `${target}${basename(from)}` : target)) tree.set(path, file);
  }
  return tree;
};

/** The stage `packages` of a base image: kept until its list changes, since fetching packages takes longest. */
const packagesStage = (
  { name, folder }: ImageDefinition,
  architecture: Architecture,
): { readonly folder: string; readonly capabilities: FileCapabilities } => {
  const list = join(root, folder, 'packages.txt');
  const script = join(root, 'deploy/docker/rootfs.sh');
  const stamp = createHash('sha256').update(readFileSync(list)).update(readFileSync(script)).digest('hex');
  const rootfs = join(root, 'dist', 'images', 'rootfs', architecture, name);
  if (!existsSync(`${rootfs}.stamp`) || readFileSync(`${rootfs}.stamp`, 'utf8') !== stamp) {
    for (const each of [rootfs, `${rootfs}.new`]) rmSync(each, { recursive: true, force: true });
    mkdirSync(`${rootfs}.new`, { recursive: true });
    const { status } = spawnSync('sh', [script, `${rootfs}.new`, architecture, list], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error(`the Debian packages of ${list} could not be had; the lines above say why`);
    renameSync(`${rootfs}.new`, rootfs);
    writeFileSync(`${rootfs}.stamp`, stamp);
  }
  const capabilities = new Map<string, number>();
  if (name === 'redirect') {
    copyFileSync(join(stageFolder(architecture), 'with-capabilities'), join(rootfs, 'usr/bin/with-capabilities'));
    capabilities.set('usr/bin/with-capabilities', (1 << netAdmin) | (1 << netRaw));
  }
  return { folder: rootfs, capabilities };
};
