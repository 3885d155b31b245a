/** Watched folders of manifests as the source of resources: what local mode has instead of a Kubernetes API. */
import { FolderSource, formatManifestProblem, type ManifestProblem, parseObject } from '@heddle/manifests';
import type { Clock } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';

export interface ManifestSourceOptions {
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** How many mistakes there are now. */
  readonly onProblems: (errors: number) => void;
}

/** Logs each mistake with its file and line. A file with a mistake keeps its last good content. */
export const createManifestSource = ({ folders, clock, log, onProblems }: ManifestSourceOptions): FolderSource =>
  new FolderSource({
    folders,
    clock,
    parse: parseObject,
    onProblems: (problems) => {
      for (const problem of problems) logProblem(log, problem);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      if (errors === 0) log.info('the manifests have no mistakes any more');
      onProblems(errors);
    },
    onChange: (file) => log.info({ file }, 'manifest read'),
  });

const logProblem = (log: Logger, problem: ManifestProblem): void => {
  const { severity, file, line } = problem;
  const text = formatManifestProblem(problem);
  if (severity === 'error') log.error({ file, line }, text);
  else log.warn({ file, line }, text);
};
