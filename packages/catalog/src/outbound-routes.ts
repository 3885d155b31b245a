/** The default form of an outbound policy: one route for everything, to one backend (wire §3.8). */
import type {
  Backend,
  OpaqueFilter,
  OpaqueRoute,
  OutboundHttpRoute,
  OutboundProtocol,
  OutboundRef,
} from './outbound-model.ts';

const DETECT_TIMEOUT_MS = 10_000;

export const QUEUE = { capacity: 100, failfastTimeoutMs: 3_000 } as const;

/** How routes are named, and what refuses traffic on them. */
export interface RouteForm {
  readonly http: OutboundRef;
  readonly opaque: OutboundRef;
  /** Why nothing may pass. */
  readonly denial?: string;
}

export const SERVICE_ROUTES: RouteForm = {
  http: { kind: 'default', name: 'http' },
  opaque: { kind: 'default', name: 'opaq' },
};

/** Everything goes to one backend; refused, where the form has a denial. */
export const protocolTo = (
  kind: OutboundProtocol['kind'],
  backend: Backend,
  form: RouteForm = SERVICE_ROUTES,
): OutboundProtocol => {
  const routes = [httpRoute(backend, form)];
  const route = opaqueRoute(form.opaque, form.denial === undefined ? [] : [{ kind: 'forbidden' }], backend);
  switch (kind) {
    case 'http1':
    case 'http2':
      return { kind, routes };
    case 'opaque':
      return { kind, route };
    case 'detect':
      return { kind, timeoutMs: DETECT_TIMEOUT_MS, http1Routes: routes, http2Routes: routes, opaqueRoute: route };
  }
};

const httpRoute = (backend: Backend, { http, denial }: RouteForm): OutboundHttpRoute => ({
  ref: http,
  hosts: [],
  rules: [
    {
      matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }],
      filters: denial === undefined ? [] : [{ kind: 'failure', status: 403, message: denial }],
      distribution: { kind: 'firstAvailable', backends: [backend] },
    },
  ],
});

export const opaqueRoute = (ref: OutboundRef, filters: readonly OpaqueFilter[], backend?: Backend): OpaqueRoute => ({
  ref,
  filters,
  distribution: backend ? { kind: 'firstAvailable', backends: [backend] } : { kind: 'empty' },
});
