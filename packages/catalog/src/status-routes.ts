/** Whether routes attach to the parents they name, and whether their backends exist (features §2.6 "Status"). */
import type { BackendRef, ParentRef } from '@heddle/crds';
import { type Condition, fails, holds } from './condition.ts';
import type { Indexes } from './indexes.ts';
import { attachesToServer, compareRoutes, type Route } from './routes.ts';

export interface ParentStatus {
  readonly ref: ParentRef;
  readonly conditions: readonly Condition[];
}

/** One entry per parent that is a Server, a Service or an EgressNetwork; other parents are other controllers'. */
export const routeStatus = (indexes: Indexes, route: Route): readonly ParentStatus[] =>
  route.spec.parentRefs.flatMap((ref) => {
    if (ref.kind === 'Server' && ref.group === 'policy.linkerd.io') {
      return [{ ref, conditions: [acceptance(indexes, route, ref)] }];
    }
    const isDestination =
      (ref.kind === 'Service' && (ref.group === '' || ref.group === 'core')) ||
      (ref.kind === 'EgressNetwork' && ref.group === 'policy.linkerd.io');
    if (!isDestination) return [];
    const accepted = acceptance(indexes, route, ref);
    const conditions = [accepted, resolution(indexes, route), ...(accepted.isTrue ? [NOT_ENFORCED] : [])];
    return [{ ref, conditions }];
  });

const acceptance = (indexes: Indexes, route: Route, ref: ParentRef): Condition => {
  if (!parentExists(indexes, route, ref)) {
    return fails('Accepted', 'NoMatchingParent', `${ref.kind} ${ref.namespace}/${ref.name} is nothing to attach to`);
  }
  const winner =
    route.kind === 'HTTPRoute'
      ? [...indexes.routes.naming(ref)]
          .sort(compareRoutes)
          .find((other) => other.kind === 'GRPCRoute' && attachesLike(other, ref))
      : undefined;
  if (!winner) return holds('Accepted');
  return fails(
    'Accepted',
    'RouteReasonConflicted',
    `GRPCRoute ${winner.metadata.name} is attached to ${ref.kind} ${ref.name}, where HTTPRoutes then have no effect`,
  );
};

/** Whether a route is attached to the same port of the parent. */
const attachesLike = (other: Route, ref: ParentRef): boolean =>
  other.spec.parentRefs.some(
    (candidate) =>
      candidate.kind === ref.kind &&
      candidate.namespace === ref.namespace &&
      candidate.name === ref.name &&
      candidate.port === ref.port &&
      (ref.kind !== 'Server' || attachesToServer(other, candidate)),
  );

const parentExists = ({ servers, services, egressNetworks }: Indexes, route: Route, ref: ParentRef): boolean => {
  switch (ref.kind) {
    case 'Server':
      return attachesToServer(route, ref) && servers.get(ref.namespace, ref.name) !== undefined;
    case 'Service':
      return (services.get(ref.namespace, ref.name)?.spec.clusterIps.length ?? 0) > 0;
    default:
      return egressNetworks.has(ref.namespace, ref.name);
  }
};

const resolution = (indexes: Indexes, route: Route): Condition => {
  const backends = route.spec.rules.flatMap((rule) => rule.backendRefs);
  const invalid = backends.find((ref) => ref.kind !== 'Service' && ref.kind !== 'EgressNetwork');
  if (invalid) return fails('ResolvedRefs', 'InvalidKind', `a backend cannot be of kind ${invalid.kind}`);
  const missing = backends.find((ref) => !backendExists(indexes, ref));
  if (!missing) return holds('ResolvedRefs');
  return fails(
    'ResolvedRefs',
    'BackendNotFound',
    `there is no ${missing.kind} ${missing.name} in namespace ${missing.namespace}`,
  );
};

const backendExists = ({ services, egressNetworks }: Indexes, { kind, namespace, name }: BackendRef): boolean =>
  kind === 'Service' ? services.get(namespace, name) !== undefined : egressNetworks.has(namespace, name);

/** Of every route for what leaves a workload, while no proxy acts on one. */
const NOT_ENFORCED: Condition = {
  type: 'PartiallyInvalid',
  isTrue: true,
  reason: 'UnsupportedValue',
  message: 'rules for a Service or an EgressNetwork are not enforced by this version: requests go where they are sent',
};
