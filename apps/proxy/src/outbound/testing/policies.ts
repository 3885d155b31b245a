/** Outbound policies and endpoints for tests, in the shape that a control plane gives them by default. */
import type {
  Backend,
  Endpoint,
  OpaqueRoute,
  OutboundHttpRoute,
  OutboundPolicy,
  OutboundProtocol,
} from '@heddle/catalog';
import { orThrow, parseIp } from '@heddle/names';

export const serviceRef = {
  kind: 'resource',
  group: 'core',
  resource: 'Service',
  namespace: 'shop',
  name: 'authors',
  port: 80,
} as const;

/** `127.1.0.3:8080`, in clear unless `more` says otherwise. */
export const endpoint = (address: string, more: Partial<Endpoint> = {}): Endpoint => {
  const colon = address.lastIndexOf(':');
  const ip = orThrow(parseIp(address.slice(0, colon).replace(/^\[|\]$/g, '')));
  return { address: { ip, port: Number(address.slice(colon + 1)) }, weight: 10_000, labels: {}, ...more };
};

/** A meshed endpoint: behind a proxy that listens on `proxyPort`. */
export const meshed = (
  address: string,
  identity: string,
  proxyPort: number | undefined,
  more: Partial<Endpoint> = {},
): Endpoint =>
  endpoint(address, {
    tls: { identity: { kind: 'dns', name: identity }, serverName: identity },
    hint: { protocol: 'h2', opaqueTransportPort: proxyPort },
    ...more,
  });

export const balancer = (path: string): Backend => ({
  ref: serviceRef,
  target: { kind: 'balancer', path, defaultRttMs: 30, decayMs: 10_000 },
  queue: { capacity: 100, failfastTimeoutMs: 3000 },
});

export const httpRoute = (backend: Backend, more: Partial<OutboundHttpRoute> = {}): OutboundHttpRoute => ({
  ref: { kind: 'default', name: 'http' },
  hosts: [],
  rules: [
    {
      matches: [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [] }],
      filters: [],
      distribution: { kind: 'firstAvailable', backends: [backend] },
    },
  ],
  ...more,
});

const opaqueRoute = (backend: Backend): OpaqueRoute => ({
  ref: { kind: 'default', name: 'opaq' },
  filters: [],
  distribution: { kind: 'firstAvailable', backends: [backend] },
});

/** The default policy of a Service port whose endpoints are at `path`. */
export const servicePolicy = (path: string, kind: OutboundProtocol['kind'] = 'detect'): OutboundPolicy => {
  const backend = balancer(path);
  const routes = [httpRoute(backend)];
  const route = opaqueRoute(backend);
  switch (kind) {
    case 'detect':
      return {
        ref: serviceRef,
        protocol: { kind, timeoutMs: 10_000, http1Routes: routes, http2Routes: routes, opaqueRoute: route },
      };
    case 'http1':
    case 'http2':
      return { ref: serviceRef, protocol: { kind, routes } };
    case 'opaque':
      return { ref: serviceRef, protocol: { kind, route } };
  }
};
