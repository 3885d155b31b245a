/** Label selectors (`metav1.LabelSelector`): which objects a resource speaks of. */

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
