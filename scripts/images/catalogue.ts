/** The images there are, each with its Dockerfile; bases before those that stand on them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export const version: string = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
  .version;

export interface ImageDefinition {
  /** `heddle/NAME:VERSION`. */
  readonly name: string;
  /** Folder of the Dockerfile, from the repository's root. */
  readonly folder: string;
  /** Others stand on it, or could: it has a stage `packages`, made of the Debian packages in packages.txt. */
  readonly isBase: boolean;
  /** What to leave out of a release. */
  readonly isForTests: boolean;
}

const base = (name: string): ImageDefinition => ({
  name,
  folder: `deploy/docker/${name}`,
  isBase: true,
  isForTests: false,
});
const component = (name: string): ImageDefinition => ({ ...base(name), isBase: false });

export const images: readonly ImageDefinition[] = [
  base('runtime'),
  base('redirect'),
  ...['identity', 'destination', 'injector', 'proxy', 'init', 'cli'].map(component),
  { name: 'booksapp', folder: 'examples/booksapp', isBase: false, isForTests: true },
  { name: 'e2e', folder: 'e2e/cluster/app', isBase: false, isForTests: true },
  { name: 'e2e-mariadb', folder: 'e2e/cluster/mariadb', isBase: true, isForTests: true },
];

export const referenceOf = (name: string): string => `heddle/${name}:${version}`;

export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];
/** As Node.js and npm say it. */
export const nodeNames: Readonly<Record<Architecture, string>> = { amd64: 'x64', arm64: 'arm64' };
