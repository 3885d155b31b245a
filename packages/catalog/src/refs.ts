/** Names of what decided, as policies carry them. */
import type { Resource } from '@heddle/crds';
import type { RuleRef } from '@heddle/policy';

/** A resource as the rule that decides. */
export const resourceRef = ({ group, kind, metadata }: Resource): RuleRef => ({
  kind: 'resource',
  group,
  resource: kind.toLowerCase(),
  namespace: metadata.namespace,
  name: metadata.name,
});

/** A built-in rule. */
export const defaultRef = (name: string): RuleRef => ({ kind: 'default', name });
