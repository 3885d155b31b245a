/** What the outbound side of the proxy is made of; put together in `run.ts`. */
import type { GrpcClient, StreamLimits } from '@heddle/api';
import type { IpNetwork } from '@heddle/names';
import type { Clock, DeadlineSweeper, Drain } from '@heddle/runtime';
import type { Logger, Sampler } from '@heddle/telemetry';
import type { CredentialCell, OriginalDestination, SocketAddress, SocketBatches } from '@heddle/transport';
import type { OutboundConfig } from '../config/model.ts';
import type { ProxyMetrics } from '../metrics.ts';

export interface OutboundDeps {
  readonly config: OutboundConfig;
  /** Networks of the cluster; empty: unknown, and then every address counts as inside. */
  readonly clusterNetworks: readonly IpNetwork[];
  /** `LINKERD2_PROXY_POLICY_WORKLOAD`: says which pod asks (wire §3.3). */
  readonly workload: string;
  readonly destinationClient: GrpcClient;
  readonly policyClient: GrpcClient;
  /** Absent towards a control plane on loopback (wire §3.4). */
  readonly streamLimits: StreamLimits | undefined;
  /** How long a connection waits for what is known about a new destination. */
  readonly discoveryTimeoutMs: number;
  readonly credentials: CredentialCell;
  /** Resolves with the first certificate of our own: before, nothing can be asked. */
  readonly whenCertified: Promise<void>;
  readonly destinations: OriginalDestination;
  /** Our own listeners: a connection meant for one of them would come back for ever. */
  readonly ownAddresses: readonly SocketAddress[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly sweeper: DeadlineSweeper;
  /** Absent: plain sockets are read and written by their streams. */
  readonly batches?: SocketBatches | undefined;
  readonly drain: Drain;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
  /** Bounds the log lines about refusals and failed connects. */
  readonly sampler: Sampler;
}
