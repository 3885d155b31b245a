/** Label selectors (`metav1.LabelSelector`): which objects a resource speaks of. */
import { z } from 'zod';
import type { ReadContext } from './definition.ts';
import { labels } from './metadata.ts';
import type { ProblemPath } from './problem.ts';
import { fields, oneOf } from './schema.ts';

/** All parts must hold; a selector without parts selects everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelExpression[];
}

export type LabelExpression =
  | { readonly operator: 'In' | 'NotIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: 'Exists' | 'DoesNotExist'; readonly key: string };

/** Whether an object with these labels is selected. `NotIn` holds for an object that lacks the label, as in Kubernetes. */
export const matchesSelector = (selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean => {
  for (const [key, value] of Object.entries(selector.matchLabels)) {
    if (labelOf(labels, key) !== value) return false;
  }
  return selector.matchExpressions.every((expression) => matchesExpression(expression, labels));
};

const matchesExpression = (expression: LabelExpression, labels: Readonly<Record<string, string>>): boolean => {
  const value = labelOf(labels, expression.key);
  if (expression.operator === 'In') return value !== undefined && expression.values.includes(value);
  if (expression.operator === 'NotIn') return value === undefined || !expression.values.includes(value);
  return (value !== undefined) === (expression.operator === 'Exists');
};

/** Own properties only, so that a label called `constructor` is absent unless somebody wrote it. */
const labelOf = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

const expression = fields({
  key: z.string().min(1).max(317).describe('the label to look at'),
  operator: oneOf('a selector operator', ['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).optional(),
});

/** The schema of a label selector. */
export const labelSelector = () =>
  fields({ matchLabels: labels().optional(), matchExpressions: z.array(expression).optional() });

/** Turns a selector into the internal form and checks that the values fit the operators. */
export const selectorFrom = (
  selector: z.output<ReturnType<typeof labelSelector>>,
  path: ProblemPath,
  context: Pick<ReadContext, 'fail'>,
): LabelSelector => ({
  matchLabels: selector.matchLabels ?? {},
  matchExpressions: (selector.matchExpressions ?? []).map(({ key, operator, values = [] }, index): LabelExpression => {
    const takesValues = operator === 'In' || operator === 'NotIn';
    if (takesValues !== values.length > 0) {
      const mend = takesValues ? `${operator} needs at least one value` : `${operator} takes no values; remove them`;
      context.fail([...path, 'matchExpressions', index, 'values'], mend);
    }
    return takesValues ? { operator, key, values } : { operator, key };
  }),
});
