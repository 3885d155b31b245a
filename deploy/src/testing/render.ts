/** Charts as Helm renders them, as objects. */
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { helm } from './helm.ts';
import type { Kinds, Manifest } from './manifests.ts';

export const charts = join(import.meta.dirname, '../../charts');
export const controlPlaneChart = join(charts, 'heddle-control-plane');

export interface RenderOptions {
  readonly namespace?: string;
  /** Files of the chart. */
  readonly files?: readonly string[];
  /** As `--set` takes them; texts stay texts. */
  readonly values?: Readonly<Record<string, string | number | boolean>>;
}

const argumentsOf = ({ namespace = 'linkerd', files = [], values = {} }: RenderOptions): readonly string[] => [
  '--namespace',
  namespace,
  ...files.flatMap((file) => ['--values', join(controlPlaneChart, file)]),
  ...Object.entries(values).flatMap(([key, value]) => [
    typeof value === 'string' ? '--set-string' : '--set',
    `${key}=${typeof value === 'string' ? value.replaceAll(',', '\\,') : String(value)}`,
  ]),
];

const template = (options: RenderOptions) =>
  helm('template', 'linkerd-control-plane', controlPlaneChart, ...argumentsOf(options));

/** @throws {Error} when Helm refuses */
export const renderText = async (options: RenderOptions): Promise<string> => {
  const { isOk, stdout, stderr } = await template(options);
  if (!isOk) throw new Error(stderr);
  return stdout;
};

const known = new Map<string, Promise<Rendered>>();

/** The same values are rendered once. @throws {Error} when Helm refuses */
export const render = (options: RenderOptions = {}): Promise<Rendered> => {
  const key = JSON.stringify(options);
  const rendered = known.get(key) ?? renderText(options).then((text) => new Rendered(parseManifests(text)));
  known.set(key, rendered);
  return rendered;
};

/** What Helm says against the values; undefined when it takes them. */
export const refusalOf = async (options: RenderOptions): Promise<string | undefined> => {
  const { isOk, stderr } = await template(options);
  return isOk ? undefined : stderr.trim();
};

/** As Kubernetes reads YAML: 0440 is octal, and `off` false. */
export const parseManifests = (text: string): readonly Manifest[] =>
  parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });

export class Rendered {
  readonly manifests: readonly Manifest[];

  constructor(manifests: readonly Manifest[]) {
    this.manifests = manifests;
  }

  ofKind<Kind extends keyof Kinds>(kind: Kind): readonly Kinds[Kind][] {
    return this.manifests.filter((each) => each.kind === kind) as unknown as readonly Kinds[Kind][];
  }

  has(kind: keyof Kinds, name: string): boolean {
    return this.ofKind(kind).some(({ metadata }) => metadata.name === name);
  }

  /** @throws {Error} when there is none */
  get<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] {
    const found = this.ofKind(kind).find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name} is rendered`);
    return found;
  }
}
