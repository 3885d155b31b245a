/** What a client is told about an address: nothing, or with which identity and how a meshed workload is reached (wire §3.7). */
import type { IpAddress } from '@heddle/names';
import { isOpaquePort } from './inbound.ts';
import type { Indexes } from './indexes.ts';
import type { Endpoint, EndpointTls, ProtocolHint } from './outbound-model.ts';
import { listsPort, type Workload } from './workload.ts';
import { identityLabels, ownerLabels } from './workload-labels.ts';

/** Every address has the same weight; balancing is by load. */
const WEIGHT = 10_000;

const KEEP_ALIVE = { intervalMs: 10_000, timeoutMs: 3_000, whileIdle: true } as const;

/** One address of a workload with its TLS identity and hints. */
export const workloadEndpoint = (
  indexes: Indexes,
  workload: Workload,
  ip: IpAddress,
  port: number,
  labels: Readonly<Record<string, string>>,
): Endpoint => {
  const endpoint = bareEndpoint(ip, port, { ...ownerLabels(workload), ...identityLabels(workload), ...labels });
  const { options } = indexes;
  if (workload.controlPlane === undefined || listsPort(workload, workload.skippedPorts, port)) return endpoint;
  return {
    ...endpoint,
    ...(workload.controlPlane === options.controlPlaneNamespace ? { tls: tlsOf(workload) } : {}),
    hint: hintOf(indexes, workload, port),
    keepAlive: KEEP_ALIVE,
  };
};

/** An address that nothing is known about. */
export const bareEndpoint = (ip: IpAddress, port: number, labels: Readonly<Record<string, string>> = {}): Endpoint => ({
  address: { ip, port },
  weight: WEIGHT,
  labels,
});

const tlsOf = ({ identity }: Workload): EndpointTls => ({
  identity: { kind: 'dns', name: identity },
  serverName: identity,
});

const hintOf = (indexes: Indexes, workload: Workload, port: number): ProtocolHint => {
  const { inbound, admin } = workload.proxyPorts;
  const isOpaque = isOpaquePort(indexes, workload, port);
  const needsHeader = isOpaque || indexes.options.outboundTransportMode === 'transport-header';
  const isProxyPort = port === inbound || port === admin;
  return {
    protocol: isOpaque ? 'opaque' : 'h2',
    ...(needsHeader && !isProxyPort ? { opaqueTransportPort: inbound } : {}),
  };
};
