/** Helm renders: the charts are the one description of an install, whoever applies them. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CommandFailure } from '../cluster/failure.ts';

export const chartNames = { crds: 'heddle-crds', controlPlane: 'heddle-control-plane' } as const;

/** What is assumed of a cluster that is not asked: the oldest version that will do. */
export const oldestKubernetes = '1.29.0';

/** The folder of the charts: beside the bundle, or in the repository that it was built in. */
export const chartFolder = (chart: string): string => {
  const candidates = ['./charts', '../../../deploy/charts', '../../../../deploy/charts'].map((folder) =>
    fileURLToPath(new URL(`${folder}/${chart}`, import.meta.url)),
  );
  const found = candidates.find((folder) => existsSync(`${folder}/Chart.yaml`));
  if (found !== undefined) return found;
  throw new CommandFailure(
    `the chart ${chart} is missing: it should be in ${candidates[0]}; install the command line anew`,
  );
};

export interface HelmRun {
  readonly args: readonly string[];
  /** What someone would type who has Helm elsewhere. */
  readonly equivalent: string;
}

/** What helm writes. @throws {CommandFailure} when there is no helm, or it fails */
export const runHelm = async ({ args, equivalent }: HelmRun): Promise<string> => {
  const program = process.env['HEDDLE_HELM'] || 'helm';
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const failed = new Promise<never>((_, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(startFailure(program, error, equivalent)));
  });
  const exited = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  const [out, complaint, code] = await Promise.race([
    Promise.all([text(child.stdout), text(child.stderr), exited]),
    failed,
  ]);
  if (code === 0) return out;
  throw new CommandFailure(`helm could not render the chart:\n${complaint.trim()}`);
};

const startFailure = (program: string, error: NodeJS.ErrnoException, equivalent: string): CommandFailure =>
  new CommandFailure(
    error.code === 'ENOENT'
      ? `${program} was not found, and Helm renders the charts: install Helm 3.13 or newer (https://helm.sh/docs/intro/install/), or name it with HEDDLE_HELM.\nWhere there is Helm, this does the same and applies it:\n  ${equivalent}`
      : `${program} could not be started: ${error.message}`,
  );
