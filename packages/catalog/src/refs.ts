/** Names of what decided, as policies carry them. */
import { keyOf, type Resource, type UnreadableResource } from '@heddle/crds';
import type { RuleRef } from '@heddle/policy';

/** A resource as the rule that decides. */
export const resourceRef = (object: Resource | UnreadableResource): RuleRef => {
  const { group, kind, namespace, name } = keyOf(object);
  return { kind: 'resource', group, resource: kind.toLowerCase(), namespace, name };
};

/** A built-in rule. */
export const defaultRef = (name: string): RuleRef => ({ kind: 'default', name });
