/** Objects for the tests of this package and of those that consume it. */
import type { KubernetesObject } from '../core/index.ts';
import { type ParseResult, parseObject } from '../parse.ts';
import { formatProblem } from '../problem.ts';

export {
  type InvalidResource,
  invalidGatewayResources,
  invalidPolicyResources,
  validGatewayResources,
  validResources,
} from './invalid-resources.ts';

/** Parses with the defaults of tests: namespace `default`, time 0, any regular expression but `(`. */
export const parseForTest = (value: unknown): ParseResult =>
  parseObject(value, {
    defaults: { namespace: 'default', creationTimestampMs: 0 },
    checkRegex: (pattern) => (pattern.includes('(') && !pattern.includes(')') ? 'missing )' : undefined),
  });

/** The problems of a value, one line each; warnings say so. */
export const problemsOf = (value: unknown): string[] => {
  const result = parseForTest(value);
  if (result.kind === 'ignored') return [`ignored: ${result.message}`];
  return result.problems.map(
    (problem) => `${problem.severity === 'warning' ? 'warning: ' : ''}${formatProblem(problem)}`,
  );
};

/** The object of a value that must be valid. */
export const objectOf = (value: unknown): KubernetesObject => {
  const result = parseForTest(value);
  if (result.kind === 'object') return result.object;
  throw new Error(problemsOf(value).join('\n'));
};
