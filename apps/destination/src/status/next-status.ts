/** From the status an object has and what the catalog says of it to the status it should have. */
import { conditionTypes, type ResourceStatus } from '@heddle/catalog';
import { type StatusStamp, withConditions, withParents } from '@heddle/k8s';

/** Under this name the entries of routes are ours, as they are Linkerd's (features §2.6 "Status"). */
export const controllerName = 'linkerd.io/policy-controller';

export const nextStatus = (before: unknown, judged: ResourceStatus, wallMs: number): unknown => {
  const stamp: StatusStamp = { wallMs, generation: judged.generation };
  if (judged.key.kind.endsWith('Route')) return nextRouteStatus(before, judged, stamp);
  const next = withConditions(before, judged.conditions, conditionTypes, stamp);
  return judged.target === undefined ? next : { ...next, targetRef: judged.target };
};

/** A route with no parent of ours has nothing to do with us, unless it once had. */
const nextRouteStatus = (before: unknown, { parents }: ResourceStatus, stamp: StatusStamp): unknown => {
  if (parents.length === 0 && !hasEntries(before)) return before;
  const entries = parents.map(({ ref: { group, kind, namespace, name, port, sectionName }, conditions }) => ({
    parentRef: {
      group,
      kind,
      namespace,
      name,
      ...(port !== undefined && { port }),
      ...(sectionName !== undefined && { sectionName }),
    },
    conditions,
  }));
  return withParents(before, entries, controllerName, stamp);
};

const hasEntries = (status: unknown): boolean => {
  const { parents } = (status ?? {}) as { readonly parents?: unknown };
  return (
    Array.isArray(parents) &&
    parents.some(
      (parent) => (parent as { readonly controllerName?: unknown } | null)?.controllerName === controllerName,
    )
  );
};
