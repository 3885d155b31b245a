/**
 * Images as one docker-archive, which `docker load`, `ctr images import`, `kind load image-archive` and `skopeo` read.
 * Layers that images share are in it once.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Image } from './build.ts';
import type { Architecture } from './catalogue.ts';

export const writeArchive = (file: string, images: readonly Image[], architecture: Architecture): void => {
  const folder = mkdtempSync(join(dirname(file), 'archive-'));
  try {
    const names = new Set<string>();
    const manifest = images.map((image) => {
      const config = Buffer.from(JSON.stringify(configOf(image, architecture)));
      const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
      writeFileSync(join(folder, configName), config);
      names.add(configName);
      const layers = image.layers.map(({ digest, file: layer }) => {
        const name = `${digest.slice('sha256:'.length)}.tar`;
        if (!names.has(name)) symlinkSync(layer, join(folder, name));
        names.add(name);
        return name;
      });
      return { Config: configName, RepoTags: [image.reference], Layers: layers };
    });
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const made = `${file}.${process.pid}`;
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
    const args = ['--create', '--dereference', ...owner, '--file', made, '-C', folder, 'manifest.json', ...names];
    const { status } = spawnSync('tar', args, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`tar could not write ${made}`);
    renameSync(made, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const configOf = ({ env, user, workdir, entrypoint, layers }: Image, architecture: Architecture): object => ({
  architecture,
  os: 'linux',
  created: '1970-01-01T00:00:00Z',
  config: {
    User: user,
    WorkingDir: workdir,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Entrypoint: entrypoint,
  },
  rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  history: layers.map(() => ({ created_by: 'heddle' })),
});
