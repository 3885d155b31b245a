/** What is wrong with a manifest, and where: the line a person opens. */
import { basename } from 'node:path';

export interface ManifestProblem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 1-based; 0 when the problem is the file itself. */
  readonly line: number;
  /** Starts with the path into the object, if there is one: `spec.rules[0].method: "FETCH" is not …`. */
  readonly message: string;
}

/** `authors-policy.yaml:14 spec.rules[0].matches[1].method: "FETCH" is not an HTTP method; use one of GET, …` */
export const formatManifestProblem = (problem: ManifestProblem): string => {
  const line = problem.line === 0 ? '' : `:${problem.line}`;
  const severity = problem.severity === 'warning' ? 'warning: ' : '';
  return `${basename(problem.file)}${line} ${severity}${problem.message}`;
};
