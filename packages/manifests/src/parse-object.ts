/** Objects of manifests as the mesh reads them. */
import { type ParseResult, parseObject as parseAnyObject } from '@heddle/crds';
import { compileRegex } from '@heddle/policy';

/**
 * Reads one object of a manifest. One without a namespace is in `default`, as for kubectl. One without a time of creation
 * counts as created at time 0, so that all of a folder are equally old and conflicts fall to namespace and name: what a
 * cluster does with objects that one `kubectl apply` made within a second.
 */
export const parseObject = (value: unknown): ParseResult =>
  parseAnyObject(value, { defaults: { namespace: 'default', creationTimestampMs: 0 }, checkRegex });

const checkRegex = (pattern: string): string | undefined => {
  const regex = compileRegex(pattern);
  return 'problem' in regex ? regex.problem : undefined;
};
