/** Runs categories of checks over facts. */
import type { Category, CheckMode, Finding } from './check.ts';
import type { ClusterFacts } from './facts.ts';

export interface CategoryResult {
  readonly name: string;
  readonly checks: readonly CheckResult[];
}

export interface CheckResult {
  readonly name: string;
  readonly finding: Finding;
  readonly mayMend: boolean;
}

/** In order; nothing follows a fatal check that failed. */
export const runChecks = (
  categories: readonly Category[],
  mode: CheckMode,
  facts: ClusterFacts,
): readonly CategoryResult[] => {
  const results: CategoryResult[] = [];
  for (const { name, when, checks } of categories) {
    if (!when(mode)) continue;
    const done: CheckResult[] = [];
    results.push({ name, checks: done });
    for (const check of checks) {
      const finding = check.run(facts);
      done.push({ name: check.name, finding, mayMend: check.mayMend === true });
      if (check.isFatal === true && finding.kind === 'error') return results;
    }
  }
  return results;
};

export const hasErrors = (results: readonly CategoryResult[]): boolean =>
  results.some(({ checks }) => checks.some(({ finding }) => finding.kind === 'error'));

/** Whether asking again may help: something failed, and all that failed may mend itself. */
export const isWorthWaiting = (results: readonly CategoryResult[]): boolean => {
  const errors = results.flatMap(({ checks }) => checks.filter(({ finding }) => finding.kind === 'error'));
  return errors.length > 0 && errors.every(({ mayMend }) => mayMend);
};
