/** Labels that say whom a connection is with (wire §10.2). */
import { keyOf, type Reach } from './reach.ts';

/** Labels of endpoints and of their set, as metrics name them. */
const dstLabels = {
  service: 'dst_service',
  namespace: 'dst_namespace',
  pod: 'dst_pod',
  serviceaccount: 'dst_serviceaccount',
} as const;

export const reachLabels = ({ target, mesh, labels }: Reach): Readonly<Record<string, string>> => {
  const dst: Record<string, string> = {};
  for (const [from, to] of Object.entries(dstLabels)) {
    const value = labels[from];
    if (value !== undefined) dst[to] = value;
  }
  return {
    direction: 'outbound',
    peer: 'dst',
    target_addr: keyOf(target),
    target_ip: target.ip,
    target_port: String(target.port),
    ...(mesh === undefined
      ? { tls: 'no_identity', no_tls_reason: 'not_provided_by_service_discovery' }
      : { tls: 'true', server_id: mesh.identity }),
    ...dst,
  };
};
