/** A target ready for use: its protocol, its routes, its backends. Replaced as a whole when the control plane says more. */
import type { OpaqueRoute } from '@heddle/catalog';
import { type Refusal, refusalWith } from '../../http/refusal.ts';
import type { BackendLease, Backends } from '../balance/backends.ts';
import type { Target } from '../discovery/target.ts';
import { type CompiledDistribution, compileDistribution } from './distribution.ts';
import { compileHttpRoutes, type HttpRoutes } from './http-routes.ts';

export interface TcpRoute {
  /** Why connections are refused; undefined when they are not. */
  readonly refused: 'forbidden' | 'invalid_policy' | undefined;
  readonly distribution: CompiledDistribution;
}

export interface CompiledTarget {
  readonly protocol: 'detect' | 'http1' | 'http2' | 'opaque';
  readonly detectTimeoutMs: number;
  readonly http1: HttpRoutes;
  readonly http2: HttpRoutes;
  readonly tcp: TcpRoute;
  /** Gives the backends back. */
  release(): void;
}

export const compileTarget = (target: Exclude<Target, { kind: 'pending' }>, backends: Backends): CompiledTarget => {
  if (target.kind === 'refused') return refusedTarget(target.reason);
  const leases: BackendLease[] = [];
  const { protocol } = target.policy;
  const httpOf = (routes: Parameters<typeof compileHttpRoutes>[0]): HttpRoutes =>
    compileHttpRoutes(routes, backends, leases);
  const release = (): void => {
    for (const lease of leases) lease.release();
  };
  switch (protocol.kind) {
    case 'detect':
      return {
        protocol: target.isOpaque ? 'opaque' : 'detect',
        detectTimeoutMs: protocol.timeoutMs,
        http1: httpOf(protocol.http1Routes),
        http2: httpOf(protocol.http2Routes),
        tcp: tcpRoute(protocol.opaqueRoute, backends, leases),
        release,
      };
    case 'http1':
    case 'http2': {
      const routes = httpOf(protocol.routes);
      // A profile that says opaque about a port that the policy says is HTTP: there is no route for raw bytes.
      return {
        protocol: target.isOpaque ? 'opaque' : protocol.kind,
        detectTimeoutMs: 0,
        http1: protocol.kind === 'http1' ? routes : noHttp,
        http2: protocol.kind === 'http2' ? routes : noHttp,
        tcp: refusedTcp,
        release,
      };
    }
    case 'opaque': {
      const tcp = tcpRoute(protocol.route, backends, leases);
      return { protocol: 'opaque', detectTimeoutMs: 0, http1: noHttp, http2: noHttp, tcp, release };
    }
  }
};

const nothing: CompiledDistribution = { choose: () => undefined };

const refuseEvery = (refused: Refusal): HttpRoutes => ({ match: () => refused });

/** For a connection that was made when the target was HTTP and now is not. */
const noHttp = refuseEvery(
  refusalWith('invalid-policy', { text: 'the destination is not known to speak this protocol any more' }),
);

const refusedTcp: TcpRoute = { refused: 'invalid_policy', distribution: nothing };

/** How long a connection that will be refused may take to show whether it can be told so. */
const refusedDetectMs = 1000;

const refusedTarget = (reason: string): CompiledTarget => {
  const http = refuseEvery(refusalWith('invalid-policy', { text: reason }));
  return {
    protocol: 'detect',
    detectTimeoutMs: refusedDetectMs,
    http1: http,
    http2: http,
    tcp: refusedTcp,
    release: () => {},
  };
};

/** For connections whose destination did not become known in time. */
export const unknownTarget = (destination: string): CompiledTarget => {
  const text = `nothing is known about ${destination}: the control plane does not answer`;
  const http = refuseEvery(refusalWith('failfast', { text }));
  return { ...refusedTarget(text), http1: http, http2: http };
};

const tcpRoute = (route: OpaqueRoute, backends: Backends, leases: BackendLease[]): TcpRoute => {
  const [filter] = route.filters;
  if (filter === undefined) {
    return { refused: undefined, distribution: compileDistribution(route.distribution, backends, leases) };
  }
  return { refused: filter.kind === 'forbidden' ? 'forbidden' : 'invalid_policy', distribution: nothing };
};
