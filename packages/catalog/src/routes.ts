/**
 * HTTPRoutes and GRPCRoutes: which of them attach to a Server. Attachment is computed from the objects, never read from
 * status fields: a parent reference of kind Server to the route's own namespace, without port or section (features §2.6).
 */
import { compareAge, type GrpcRoute, type HttpRoute, type ParentRef, type Server } from '@heddle/crds';
import { MultiMap } from './multi-map.ts';

export type Route = HttpRoute | GrpcRoute;

export class Routes {
  readonly #byServer = new MultiMap<Route>();
  readonly #byParent = new MultiMap<Route>();
  readonly #byBackend = new MultiMap<Route>();
  readonly #byKey = new Map<string, Route>();

  add(route: Route): void {
    this.#byKey.set(routeKey(route.kind, route.group, route.metadata), route);
    for (const ref of route.spec.parentRefs) {
      this.#byParent.add(parentKey(ref), route);
      if (attachesToServer(route, ref)) this.#byServer.add(`${ref.namespace}/${ref.name}`, route);
    }
    for (const backend of backendsOf(route)) this.#byBackend.add(backend, route);
  }

  delete(route: Route): void {
    this.#byKey.delete(routeKey(route.kind, route.group, route.metadata));
    for (const ref of route.spec.parentRefs) {
      this.#byParent.delete(parentKey(ref), route);
      this.#byServer.delete(`${ref.namespace}/${ref.name}`, route);
    }
    for (const backend of backendsOf(route)) this.#byBackend.delete(backend, route);
  }

  get(kind: Route['kind'], group: string, namespace: string, name: string): Route | undefined {
    return this.#byKey.get(routeKey(kind, group, { namespace, name }));
  }

  /** Every route that names a Server as its parent, the oldest first. */
  attachedTo(server: { readonly namespace: string; readonly name: string }): readonly Route[] {
    return [...this.#byServer.get(`${server.namespace}/${server.name}`)].sort(compareRoutes);
  }

  /** Every route that refers to an object as its parent, whether it may attach or not. */
  naming(parent: ParentRef): ReadonlySet<Route> {
    return this.#byParent.get(parentKey(parent));
  }

  /** Every route that names an object as a backend. */
  forwardingTo({ kind, namespace, name }: Omit<ParentRef, 'group'>): ReadonlySet<Route> {
    return this.#byBackend.get(`${kind}/${namespace}/${name}`);
  }
}

/** Whether a parent reference of a route attaches it to a Server, provided that the Server exists. */
export const attachesToServer = (route: Route, ref: ParentRef): boolean =>
  ref.kind === 'Server' &&
  ref.group === 'policy.linkerd.io' &&
  ref.namespace === route.metadata.namespace &&
  ref.port === undefined &&
  ref.sectionName === undefined;

/** The routes in force among those attached to one parent: where a GRPCRoute is attached, HTTPRoutes are not accepted. */
export const acceptedRoutes = (attached: readonly Route[]): readonly Route[] =>
  attached.some((route) => route.kind === 'GRPCRoute')
    ? attached.filter((route) => route.kind === 'GRPCRoute')
    : attached;

/** The Servers (`namespace/name`) a route attaches to if they exist. */
export const serversNamedBy = (route: Route): readonly string[] =>
  route.spec.parentRefs.flatMap((ref) => (attachesToServer(route, ref) ? [`${ref.namespace}/${ref.name}`] : []));

/** A Server as routes refer to it. */
export const serverAsParent = ({ metadata }: Server): ParentRef => ({
  group: 'policy.linkerd.io',
  kind: 'Server',
  namespace: metadata.namespace,
  name: metadata.name,
});

/** A Service or an EgressNetwork as routes refer to it. */
export const destinationAsParent = (kind: 'Service' | 'EgressNetwork', namespace: string, name: string): ParentRef => ({
  group: kind === 'Service' ? '' : 'policy.linkerd.io',
  kind,
  namespace,
  name,
});

/** The oldest first, then by name (features §2.6); a GRPCRoute before an HTTPRoute of the same name, for certainty. */
export const compareRoutes = (a: Route, b: Route): number =>
  compareAge(a.metadata, b.metadata) || compareText(a.kind, b.kind) || compareText(a.group, b.group);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const routeKey = (kind: string, group: string, { namespace, name }: { namespace: string; name: string }): string =>
  `${kind}/${group}/${namespace}/${name}`;

/** `core` is another name of the core group. */
const parentKey = ({ group, kind, namespace, name }: ParentRef): string =>
  `${group === 'core' ? '' : group}/${kind}/${namespace}/${name}`;

const backendsOf = (route: Route): ReadonlySet<string> =>
  new Set(
    route.spec.rules.flatMap((rule) =>
      rule.backendRefs.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`),
    ),
  );
