/** Watched folders of manifests as the source of resources: what local mode has instead of a Kubernetes API. */
import { parseObject } from '@heddle/crds';
import { FolderSource, formatManifestProblem, type ManifestProblem } from '@heddle/manifests';
import { compileRegex } from '@heddle/policy';
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
    parse: (value) =>
      parseObject(value, { defaults: { namespace: 'default', creationTimestampMs: 0 }, checkRegex: whyUnusable }),
    onProblems: (problems) => {
      for (const problem of problems) logProblem(log, problem);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      if (errors === 0) log.info('the manifests have no mistakes any more');
      onProblems(errors);
    },
    onChange: (file) => log.info({ file }, 'manifest read'),
  });

const whyUnusable = (pattern: string): string | undefined => {
  const regex = compileRegex(pattern);
  return 'problem' in regex ? regex.problem : undefined;
};

const logProblem = (log: Logger, problem: ManifestProblem): void => {
  const { severity, file, line } = problem;
  const text = formatManifestProblem(problem);
  if (severity === 'error') log.error({ file, line }, text);
  else log.warn({ file, line }, text);
};
