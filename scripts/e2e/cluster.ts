/** The cluster under test: one that exists, or one that kind makes from kind-config.yaml. */
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root, run, say, succeeds } from './run.ts';

export interface Cluster {
  readonly kubeconfig: string;
  /** Made here, so deleted here. */
  readonly isOurs: boolean;
  start(): void;
  loadImages(): void;
  stop(): void;
}

const archive = (): string => {
  const [file] = globSync(join(root, 'dist/images/heddle-*.tar'));
  if (file === undefined) throw new Error('dist/images holds no archive; run `pnpm images`');
  return file;
};

/** @param load command that brings an archive of images into the cluster */
export const existingCluster = (file: string, load: string | undefined): Cluster => ({
  kubeconfig: resolve(file),
  isOurs: false,
  start: () => undefined,
  loadImages: () => {
    if (load === undefined) say('no --load: the images must be in the cluster, or in a registry that it can reach');
    else run('sh', ['-c', `${load} "$1"`, 'load', archive()]);
  },
  stop: () => undefined,
});

const kindName = 'heddle-e2e';

export const kindCluster = (): Cluster => {
  const kubeconfig = join(root, 'dist', 'e2e-kubeconfig');
  const image = process.env['HEDDLE_KIND_IMAGE'];
  return {
    kubeconfig,
    isOurs: true,
    start: () => {
      const imageArgs = image === undefined ? [] : ['--image', image];
      run('kind', [
        'create',
        'cluster',
        '--config',
        'kind-config.yaml',
        '--kubeconfig',
        kubeconfig,
        '--wait',
        '120s',
        ...imageArgs,
      ]);
    },
    loadImages: () => run('kind', ['load', 'image-archive', archive(), '--name', kindName]),
    stop: () => void succeeds('kind', ['delete', 'cluster', '--name', kindName, '--kubeconfig', kubeconfig]),
  };
};
