/**
 * What the kubelet asks of a pod in plaintext: HTTP probes and lifecycle hooks, which it sends as GETs without a query,
 * and gRPC probes, which are calls of the standard health service. A TCP probe is over when the proxy has taken the
 * connection, a command runs inside the container, and what is asked over HTTPS the proxy cannot see: none of these is
 * a call.
 */
import type { Container, Probe } from '@heddle/crds/core';

export interface KubeletCall {
  readonly method: 'GET' | 'POST';
  /** Rooted, without a query. */
  readonly path: string;
}

export const HEALTH_SERVICE = 'grpc.health.v1.Health';
export const HEALTH_METHOD = 'Check';

/** The calls of each port, in a fixed order, each once. */
export const kubeletCalls = (
  containers: readonly Container[],
  portsByName: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<number, readonly KubeletCall[]> => {
  const calls = new Map<number, Map<string, KubeletCall>>();
  const add = (port: number, call: KubeletCall): void => {
    let known = calls.get(port);
    if (!known) calls.set(port, (known = new Map()));
    known.set(`${call.method} ${call.path}`, call);
  };
  for (const { httpGet, grpc } of containers.flatMap(asked)) {
    if (grpc) add(grpc.port, { method: 'POST', path: `/${HEALTH_SERVICE}/${HEALTH_METHOD}` });
    // With a host of its own the call goes elsewhere.
    if (!httpGet || httpGet.scheme !== 'HTTP' || httpGet.host !== '') continue;
    const ports = typeof httpGet.port === 'number' ? [httpGet.port] : (portsByName.get(httpGet.port) ?? []);
    for (const port of ports) add(port, { method: 'GET', path: pathAsked(httpGet.path) });
  }
  const inOrder = (known: ReadonlyMap<string, KubeletCall>): readonly KubeletCall[] =>
    [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, call]) => call);
  return new Map([...calls].map(([port, known]) => [port, inOrder(known)]));
};

const asked = ({ livenessProbe, readinessProbe, startupProbe, postStart, preStop }: Container): readonly Probe[] =>
  [livenessProbe, readinessProbe, startupProbe, postStart, preStop].filter((probe) => probe !== undefined);

/** The path a kubelet asks for: without the query, and rooted. */
const pathAsked = (path: string): string => {
  const bare = path.replace(/[?#].*$/s, '');
  return bare.startsWith('/') ? bare : `/${bare}`;
};
