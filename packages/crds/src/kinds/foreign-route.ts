/** Routes of the Gateway API that are another controller's, whatever is in them. */
import { namesKind } from './references.ts';

const meshParents = [
  ['policy.linkerd.io', 'Server'],
  ['', 'Service'],
  ['policy.linkerd.io', 'EgressNetwork'],
] as const;

/**
 * Whether a route of the Gateway API has parents and none of them is of a kind that the mesh takes routes for. Total:
 * what cannot be read may be the mesh's.
 */
export const isForeignRoute = (group: string, object: unknown): boolean => {
  if (group !== 'gateway.networking.k8s.io') return false;
  const parents = at(at(object, 'spec'), 'parentRefs');
  return Array.isArray(parents) && parents.length > 0 && parents.every(isForeignParent);
};

const isForeignParent = (ref: unknown): boolean => {
  const group = at(ref, 'group') ?? 'gateway.networking.k8s.io';
  const kind = at(ref, 'kind') ?? 'Gateway';
  if (typeof group !== 'string' || typeof kind !== 'string') return false;
  return !meshParents.some(([meshGroup, meshKind]) => namesKind({ group, kind }, meshGroup, meshKind));
};

/** An own field of an object; undefined when it is not one. Null counts as absent. */
const at = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? ((value as Readonly<Record<string, unknown>>)[field] ?? undefined)
    : undefined;
