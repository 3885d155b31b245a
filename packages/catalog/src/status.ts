/**
 * What the catalog tells authors about their resources: whether each takes effect, and if not, why. Reasons are Linkerd's
 * where it has one (features §2.6 "Status"); Servers, AuthorizationPolicies, authentications and ServerAuthorizations,
 * which have no status there, get one here, so that overlaps and dangling references are visible.
 */
import type { ObjectKey } from '@heddle/crds';
import type { Condition } from './condition.ts';
import type { ParentStatus } from './status-routes.ts';

/** The types of conditions that are told of resources, apart from those of routes' parents. */
export const conditionTypes: readonly string[] = ['Accepted', 'ResolvedRefs', 'ProbesReachable'];

export interface ResourceStatus {
  readonly key: ObjectKey;
  /** Of the object that was judged. */
  readonly generation: number;
  readonly conditions: readonly Condition[];
  /** Of routes: one entry for each parent that is ours to judge. */
  readonly parents: readonly ParentStatus[];
  /** Of rate limits: what is limited. */
  readonly target?: { readonly group: string; readonly kind: string; readonly name: string };
}
